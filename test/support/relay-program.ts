/**
 * The real relay as a child process on loopback, and two plain sockets for it to stand between.
 *
 * Owns: its start, its lines as objects, the sockets.
 */
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Program } from './program.ts';
import { until } from './wait.ts';

/** A line of the relay's stdout. */
export type RelayLine = Readonly<Record<string, unknown>>;

/** A node without a program: it says what the test says, and remembers what it hears. */
export class Can implements AsyncDisposable {
  readonly heard: string[] = [];
  readonly #socket: Socket;
  readonly #ip: string;

  private constructor(socket: Socket, ip: string) {
    this.#socket = socket;
    this.#ip = ip;
    socket.on('message', (bytes) => this.heard.push(bytes.toString()));
  }

  static async open(port = 0, ip: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Can> {
    const socket = createSocket({ type: ip === '::1' ? 'udp6' : 'udp4', recvBufferSize: 4_194_304 });
    socket.bind(port, ip);
    await once(socket, 'listening');
    return new Can(socket, ip);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when the kernel has it. */
  async send(port: number, ...texts: readonly string[]): Promise<void> {
    for (const text of texts)
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(text, port, this.#ip, (error) => (error === null ? resolve() : reject(error)));
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

export class RelayProgram implements AsyncDisposable {
  readonly program: Program;
  /** Where both cans reach it. */
  readonly port: number;
  #ref = 0;

  private constructor(program: Program, port: number) {
    this.program = program;
    this.port = port;
  }

  /** Resolves when it knows where both of its nodes are. */
  static start(alice: Can, bob: Can, ...options: readonly string[]): Promise<RelayProgram> {
    const hosts = { alice: '127.0.0.1', bob: '127.0.0.1', bind: '127.0.0.1' };
    return RelayProgram.startBetween({ alice, bob }, hosts, ...options);
  }

  /** The same, where an address is written in another way. */
  static async startBetween(
    { alice, bob }: { readonly alice: Can; readonly bob: Can },
    hosts: Readonly<Record<'alice' | 'bob' | 'bind', string>>,
    ...options: readonly string[]
  ): Promise<RelayProgram> {
    const between = [`alice=${hosts.alice}:${alice.port}`, `bob=${hosts.bob}:${bob.port}`];
    const args = [
      'relay',
      ...between.flatMap((end) => ['--between', end]),
      '--bind',
      `${hosts.bind}:0`,
      ...options,
    ];
    const program = new Program('relay', args);
    const { address } = await nextLine(program, 'ready');
    for (const name of ['alice', 'bob']) await nextLine(program, 'address', (line) => line['name'] === name);
    return new RelayProgram(program, Number(String(address).split(':').at(-1)));
  }

  /** All lines of one type so far. */
  lines(type: string): readonly RelayLine[] {
    return linesOf(this.program).filter((line) => line['type'] === type);
  }

  /** Resolves with the first such line. */
  line(type: string, isMeant: (line: RelayLine) => boolean = () => true): Promise<RelayLine> {
    return nextLine(this.program, type, isMeant);
  }

  /** Resolves with the answer. */
  ask(command: RelayLine, answer: string): Promise<RelayLine> {
    const ref = (this.#ref += 1);
    this.program.say(JSON.stringify({ ...command, ref }));
    return this.line(answer, (line) => line['ref'] === ref);
  }

  /** Resolves when so many datagrams have entered in each direction, and nothing is on its way. */
  async settled(offered: number): Promise<void> {
    const isSettled = async (): Promise<true | undefined> => {
      const { directions } = await this.ask({ type: 'counts' }, 'counts');
      const counts: Record<string, { offered: number; queued: number }> = JSON.parse(
        JSON.stringify(directions),
      );
      return (
        Object.values(counts).every((count) => count.offered >= offered && count.queued === 0) || undefined
      );
    };
    await until(`${offered} datagrams each way to have crossed`, isSettled);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

function nextLine(
  program: Program,
  type: string,
  isMeant: (line: RelayLine) => boolean = () => true,
): Promise<RelayLine> {
  const find = () => linesOf(program).find((line) => line['type'] === type && isMeant(line));
  return program.stdout.until(`a line of type ${type}`, find, [program.stderr]);
}

function linesOf(program: Program): RelayLine[] {
  return program.stdout.lines.map((text) => {
    const line: RelayLine = JSON.parse(text);
    return line;
  });
}
