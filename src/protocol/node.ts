/**
 * One tincan node as a pure state machine: datagrams, commands and the time in; datagrams, events and one deadline out.
 *
 * Owns: the table of sessions by index, what each input leads to, the own log, the order of outputs.
 * Must not know: sockets, timers, clocks, files, terminals (README.md, "Sans-IO").
 */
import type { Address, Command, Event, PeerId, PeerStatus, PeerTarget, Ref } from '../contract.ts';
import { compareBytes, equalBytes, readUint32 } from './bytes.ts';
import type { Crypto, KeyPair } from './crypto.ts';
import { parseDatagram } from './datagram.ts';
import type { DataDatagram, FinishMessage, InitMessage } from './datagram.ts';
import { earliest } from './deadline.ts';
import { Dialler } from './dialler.ts';
import type { Dial, Quarry } from './dialler.ts';
import { closeCodes, logIdBytes } from './frames.ts';
import type { IntroduceFrame } from './frames.ts';
import type { Established, HandshakeSettings } from './handshake.ts';
import type { Hello } from './hello.ts';
import { fingerprintOf } from './identity.ts';
import type { Responded } from './initiator.ts';
import { invariant } from './invariant.ts';
import type { DatagramCore, Input, Output } from './io.ts';
import { addressText, ipToBytes, sameAddress } from './ip.ts';
import {
  datagramDefaultBytes,
  datagramMaxBytes,
  introducedAttemptsMax,
  introducedDialsMax,
  introducedWaitMs,
  lineMaxBytes,
  peersMax,
  waitingSaysMaxBytes,
} from './limits.ts';
import { Log } from './log.ts';
import type { LogLine } from './log.ts';
import { Peer } from './peer.ts';
import type { PeerHost } from './peer.ts';
import { Responder } from './responder.ts';
import { Roster } from './roster.ts';
import type { Target } from './roster.ts';
import type { Session } from './session.ts';
import { utf8Encode } from './text.ts';
import type { Trace } from './trace.ts';

export interface NodeSettings {
  /** 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Where the driver's socket is bound; shown in `status`, never sent. */
  readonly address: Address;
  readonly peers: readonly PeerTarget[];
  /** 32 bytes, already stretched; undefined: an open room. */
  readonly roomKey: Uint8Array | undefined;
  readonly identity: KeyPair;
  readonly crypto: Crypto;
  /** UDP payload of the largest datagram that this node sends, bytes; default `datagramDefaultBytes`. */
  readonly datagramMaxBytes?: number;
  readonly congestion?: 'bbr' | 'newreno';
  /** Pinned name → fingerprint (trust on first use, from an earlier run). */
  readonly knownPeers?: ReadonlyMap<string, string>;
  /** Is told what happens, where somebody wants to see it. */
  readonly trace?: Trace;
}

type Say = Extract<Command, { readonly type: 'say' }>;

/** A say that is not answered yet: answers go out in the order of the says. */
interface WaitingSay {
  readonly ref: Ref | undefined;
  readonly content: { readonly type: 'line'; readonly bytes: Uint8Array } | Refusal;
}

interface Refusal {
  readonly type: 'refusal';
  readonly code: string;
  readonly message: string;
}

/** `running`; `draining`: no more says, until nothing is owed or the time is up; `closed`: nothing follows. */
type Phase =
  | { readonly type: 'running' }
  | { readonly type: 'draining'; readonly until: number }
  | { readonly type: 'closed' };

export class TincanNode implements DatagramCore {
  readonly #settings: NodeSettings;
  readonly #handshake: HandshakeSettings;
  readonly #hello: Hello;
  readonly #log: Log;
  readonly #roster: Roster;
  readonly #responder: Responder;
  readonly #dialler: Dialler;
  readonly #peerHost: PeerHost;
  readonly #sessions = new Map<number, { readonly peer: Peer; readonly session: Session }>();
  /** Peers that an answer to a dialled target has led to, until they have joined. */
  readonly #expected = new Map<PeerId, Target>();
  #outputs: Output[] = [];
  #phase: Phase = { type: 'running' };
  #started = false;
  #now = 0;
  #waitingSays: WaitingSay[] = [];
  #waitingBytes = 0;
  /** Lines that are not in packets yet for each peer that is there. */
  #unsent: { readonly seq: number; readonly ref: Ref | undefined }[] = [];

  constructor(settings: NodeSettings) {
    const { crypto, identity, roomKey } = settings;
    const datagramBytes = settings.datagramMaxBytes ?? datagramDefaultBytes;
    invariant(
      datagramBytes >= datagramDefaultBytes && datagramBytes <= datagramMaxBytes,
      'a datagram size fits UDP',
    );
    this.#settings = settings;
    this.#handshake = { identity, roomKey, crypto, newIndex: () => this.#newIndex() };
    this.#hello = { name: settings.name };
    this.#log = new Log(Uint8Array.from(crypto.randomBytes(logIdBytes)));
    this.#roster = new Roster({
      targets: settings.peers,
      log: this.#log,
      pins: settings.knownPeers ?? new Map(),
      emit: (event) => this.#emit(event),
    });
    this.#responder = new Responder(this.#handshake);
    this.#peerHost = this.#makePeerHost(datagramBytes);
    this.#dialler = new Dialler({
      handshake: this.#handshake,
      hello: this.#hello,
      trace: settings.trace,
      resolve: (host) => this.#outputs.push({ type: 'resolve', host }),
      sendDatagram: (to, bytes) => this.#sendDatagram(to, bytes),
      onResponded: (dial, responded) => this.#onResponded(dial, responded),
      onOpened: (dial, established, address, now) => this.#onOpened(dial, established, address, now),
      onFailed: (dial, session, now) => this.#onFailed(dial, session, now),
    });
  }

  handle(input: Input, now: number): void {
    if (this.#phase.type === 'closed') return;
    this.#now = Math.max(this.#now, now);
    if (!this.#started) this.#start();
    this.#handle(input, this.#now);
    this.#settle(this.#now);
  }

  drain(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  deadline(): number | undefined {
    if (this.#phase.type === 'closed') return undefined;
    if (!this.#started) return 0;
    let at = earliest(this.#dialler.deadline, this.#roster.deadline);
    for (const peer of this.#roster.peers.values()) at = earliest(at, peer.deadline);
    return this.#phase.type === 'draining' ? earliest(at, this.#phase.until) : at;
  }

  #start(): void {
    this.#started = true;
    for (const target of this.#roster.targets) this.#dialTarget(target, this.#now);
  }

  #handle(input: Input, now: number): void {
    switch (input.type) {
      case 'datagram':
        return this.#onDatagram(input.from, input.bytes, now);
      case 'command':
        return this.#onCommand(input.command, now);
      case 'resolved':
        return this.#dialler.onResolved(input.host, input.ip, now);
      case 'unresolved':
        this.#dialler.onUnresolved(input.host, now);
        return this.#emit({
          type: 'warning',
          code: 'unresolved',
          message: `no address for ${input.host}: ${input.reason}`,
        });
      case 'timeout':
        return undefined;
    }
  }

  /** After each input: what is due, what can be sent, and what has been settled by it. */
  #settle(now: number): void {
    this.#dialler.onTimeout(now);
    this.#roster.onTimeout(now);
    for (const peer of this.#roster.peers.values()) {
      const at = peer.deadline;
      if (at !== undefined && at <= now) peer.onTimeout(now);
    }
    this.#release();
    for (const peer of this.#roster.peers.values()) peer.flush(now);
    this.#reportSent();
    if (this.#phase.type === 'draining') this.#drainOrClose(this.#phase.until, now);
  }

  // ---- Datagrams -----------------------------------------------------------------------------------------------------

  #onDatagram(from: Address, bytes: Uint8Array, now: number): void {
    const reason = this.#receive(from, bytes, now);
    if (reason === undefined) return;
    this.#settings.trace?.({ type: 'datagram-dropped', at: now, from, bytes: bytes.length, reason });
  }

  /** Why the datagram changed nothing, if so. */
  #receive(from: Address, bytes: Uint8Array, now: number): string | undefined {
    const message = parseDatagram(bytes);
    switch (message.type) {
      case 'data':
        return this.#onData(message, from, now);
      case 'init':
        return this.#onInit(message, from, now);
      case 'response':
        return this.#dialler.onResponse(message, from, now);
      case 'finish':
        return this.#onFinish(message, from, now);
      case 'cookie':
        return this.#dialler.onCookie(message);
      case 'unknown':
        return 'unknown-type';
      default:
        return message satisfies never;
    }
  }

  #onData(message: DataDatagram, from: Address, now: number): string | undefined {
    const found = this.#sessions.get(message.receiverIndex);
    return found === undefined
      ? 'unknown-index'
      : found.peer.onPacket(found.session, from, message.bytes, now);
  }

  #onInit(message: InitMessage, from: Address, now: number): string | undefined {
    const ownEphemeral = this.#dialler.ephemeralTowards(from);
    const outcome = this.#responder.receiveInit(message, { from, now, hello: this.#hello, ownEphemeral });
    if (outcome.type === 'dropped') return outcome.reason;
    this.#sendDatagram(from, outcome.bytes);
    const step = outcome.kind === 'response' ? 'sent-2' : 'sent-cookie';
    this.#settings.trace?.({ type: 'handshake', at: now, role: 'responder', step, address: from });
    return undefined;
  }

  #onFinish(message: FinishMessage, from: Address, now: number): string | undefined {
    const reason = this.#finish(message, from, now);
    // A repeated message 3 is no news; the packet behind it may be.
    return message.packet === undefined ? reason : this.#onData(message.packet, from, now);
  }

  #finish(message: FinishMessage, from: Address, now: number): string | undefined {
    const isHalfOpen = this.#responder.hasIndex(message.receiverIndex);
    // From elsewhere it is a copy that somebody relays, and would make us send to an address that nobody has shown to be its own.
    if (isHalfOpen && !this.#responder.hasAnswered(message.receiverIndex, from)) return 'wrong-address';
    const outcome = this.#responder.receiveFinish(message, now);
    return outcome.type === 'established' ? this.#onEstablished(outcome.session, from, now) : outcome.reason;
  }

  /** Somebody has reached us. */
  #onEstablished(established: Established, from: Address, now: number): string | undefined {
    this.#settings.trace?.({
      type: 'handshake',
      at: now,
      role: 'responder',
      step: 'established',
      address: from,
    });
    const known = this.#roster.peers.get(established.fingerprint);
    if (known === undefined) {
      if (this.#roster.peers.size >= peersMax) return 'room-full';
      // Whoever answered at this address until now is most likely there no more.
      for (const peer of this.#roster.joined) {
        if (sameAddress(peer.path.address, from)) peer.doubt(now);
      }
    }
    const { name } = established.hello;
    const target =
      known === undefined ? this.#roster.targetFor(name, from, (it) => this.#addressOf(it)) : undefined;
    const peer = known ?? this.#addPeer(established, from, target);
    if (target !== undefined) this.#expected.set(peer.id, target);
    this.#open(peer, established, from, now);
    return undefined;
  }

  #open(peer: Peer, established: Established, address: Address, now: number): Session {
    peer.name = established.hello.name;
    const session = peer.open(established, address, now);
    this.#sessions.set(session.localIndex, { peer, session });
    return session;
  }

  #addPeer(established: Established, address: Address, target: Target | undefined): Peer {
    const before = this.#roster.recall(established.fingerprint);
    const start = this.#roster.startFor(target);
    const peer = new Peer({
      host: this.#peerHost,
      id: established.fingerprint,
      publicKey: established.remoteStatic,
      name: established.hello.name,
      address,
      start: before === undefined ? start : Math.max(start, before.settledThrough + 1),
      incoming: before?.incoming,
    });
    this.#roster.peers.set(peer.id, peer);
    return peer;
  }

  // ---- Reaching out --------------------------------------------------------------------------------------------------

  #dialTarget(target: Target, at: number): void {
    this.#dialler.start(target.key, { type: 'target', target: target.settings }, at);
  }

  #dialPeer(peer: Peer, at: number): void {
    this.#dialler.start(keyOf(peer), { type: 'peer', peer, address: peer.path.address }, at);
  }

  #addressOf(target: Target): Address | undefined {
    return this.#dialler.dials.get(target.key)?.address;
  }

  #targetOf(quarry: Quarry): Target | undefined {
    if (quarry.type !== 'target') return undefined;
    return this.#roster.targets.find((target) => target.settings === quarry.target);
  }

  #onResponded(dial: Dial, responded: Responded): boolean {
    const known = this.#roster.peers.get(responded.fingerprint);
    const isRekey = dial.quarry.type === 'peer' && dial.quarry.peer === known;
    if (known === undefined || !known.joined || isRekey) return true;
    // It has found us first.
    const target = this.#targetOf(dial.quarry);
    if (target !== undefined && target.peer?.joined !== true) this.#roster.bind(target, known);
    return false;
  }

  #onOpened(dial: Dial, established: Established, address: Address, now: number): Session {
    const target = this.#targetOf(dial.quarry);
    const peer =
      this.#roster.peers.get(established.fingerprint) ?? this.#addPeer(established, address, target);
    if (target !== undefined) this.#expected.set(peer.id, target);
    return this.#open(peer, established, address, now);
  }

  #onFailed(dial: Dial, session: Session | undefined, now: number): boolean {
    const found = session === undefined ? undefined : this.#sessions.get(session.localIndex);
    if (found !== undefined) {
      found.peer.abandon(found.session, now);
      this.#onSilentStranger(found.peer, now);
    }
    switch (dial.quarry.type) {
      case 'target':
        return true;
      case 'peer':
        // A rekey is asked for again in its time; a lost peer is sought until it is forgotten.
        return !dial.quarry.peer.joined && this.#roster.peers.has(dial.quarry.peer.id);
      case 'introduced':
        return dial.failures < introducedAttemptsMax;
      default:
        return dial.quarry satisfies never;
    }
  }

  /** One that answered, and never said a word under the session's keys. Lines may have reached it all the same. */
  #onSilentStranger(peer: Peer, now: number): void {
    if (peer.joined || !peer.isStranger) return;
    const wasExpected = this.#expected.delete(peer.id);
    if (this.#roster.isConfigured(peer)) return;
    // A target is owed the lines whoever stands behind it; else what has not been sent can't have arrived.
    if (wasExpected || peer.outgoing.sentThrough < peer.firstOwed) {
      this.#roster.remove(peer, 0);
      return;
    }
    this.#roster.onLeft(peer, 'lost', now);
    this.#dialPeer(peer, now);
  }

  #newIndex(): number {
    for (;;) {
      const index = readUint32(this.#settings.crypto.randomBytes(4), 0);
      const isTaken =
        this.#sessions.has(index) || this.#dialler.hasIndex(index) || this.#responder.hasIndex(index);
      if (!isTaken) return index;
    }
  }

  // ---- What peers tell -----------------------------------------------------------------------------------------------

  #makePeerHost(datagramBytes: number): PeerHost {
    const { crypto, trace, congestion = 'bbr' } = this.#settings;
    return {
      crypto,
      trace,
      congestion,
      datagramBytes,
      log: this.#log,
      emit: (event) => this.#emit(event),
      sendDatagram: (to, bytes) => this.#sendDatagram(to, bytes),
      onJoined: (peer) => this.#onJoined(peer),
      onRenewed: (peer) => this.#introduce(peer),
      onLeft: (peer, code, reason) => this.#onLeft(peer, code, reason),
      onAccepted: (peer, lines) => this.#onAccepted(peer, lines),
      onIntroduced: (frame) => this.#onIntroduced(frame),
      onConfirmed: (session) => this.#dialler.onConfirmed(session, this.#now),
      onSessionGone: (session) => this.#sessions.delete(session.localIndex),
      onRekeyDue: (peer) => this.#dialPeer(peer, this.#now),
    };
  }

  #onJoined(peer: Peer): void {
    this.#bindExpected(peer);
    this.#roster.onJoined(peer);
    this.#roster.pin(peer);
    for (const bound of this.#roster.targets) if (bound.peer === peer) this.#dialler.stop(bound.key);
    this.#dialler.stop(keyOf(peer));
    this.#emit({ type: 'peer-joined', name: peer.name, peerId: peer.id, address: peer.path.address });
    this.#introduce(peer);
  }

  /** Whoever was expected behind a target takes it, unless somebody is there (still, or so it seems). */
  #bindExpected(peer: Peer): void {
    const target = this.#expected.get(peer.id);
    if (target === undefined || (target.peer !== peer && target.peer?.joined === true)) return;
    this.#expected.delete(peer.id);
    this.#roster.bind(target, peer);
  }

  /** Again with each renewal: an introduction may have led nowhere while the network was down, or an address has changed. */
  #introduce(peer: Peer): void {
    for (const other of this.#roster.joined) {
      if (other === peer) continue;
      introduce(other, peer);
      introduce(peer, other);
    }
  }

  #onLeft(peer: Peer, code: 'left' | 'lost', reason: string): void {
    this.#emit({ type: 'peer-left', name: peer.name, peerId: peer.id, reason });
    this.#dialler.stop(keyOf(peer));
    this.#roster.onLeft(peer, code, this.#now);
    // Somebody may be waiting for its place.
    for (const heir of this.#roster.joined) this.#bindExpected(heir);
    const target = this.#roster.targets.find((it) => it.peer === peer);
    if (target !== undefined) this.#dialTarget(target, this.#now);
    else if (code === 'lost' && this.#roster.peers.has(peer.id)) this.#dialPeer(peer, this.#now);
  }

  #onAccepted(peer: Peer, lines: readonly LogLine[]): void {
    for (const { ref, seq } of lines) {
      this.#emit({ type: 'delivered', ref, seq, to: peer.name, peerId: peer.id });
    }
  }

  #onIntroduced(frame: IntroduceFrame): void {
    const { crypto, identity } = this.#settings;
    if (equalBytes(frame.publicKey, identity.publicKey)) return;
    if (this.#roster.peers.get(fingerprintOf(crypto, frame.publicKey))?.joined === true) return;
    const introduced = [...this.#dialler.dials.values()].filter((dial) => dial.quarry.type === 'introduced');
    if (introduced.length >= introducedDialsMax) return;
    // Both are introduced to each other: the one with the smaller key dials, the other only if that leads nowhere.
    const waits = compareBytes(identity.publicKey, frame.publicKey) > 0;
    const at = this.#now + (waits ? introducedWaitMs : 0);
    const key = `introduced ${addressText(frame.address)}`;
    this.#dialler.start(key, { type: 'introduced', address: frame.address }, at);
  }

  // ---- Commands ------------------------------------------------------------------------------------------------------

  #onCommand(command: Command, now: number): void {
    switch (command.type) {
      case 'say':
        return this.#onSay(command);
      case 'taken':
        return this.#roster.onTaken(command.peerId, command.seq, now);
      case 'status':
        return this.#emit(this.#status());
      case 'rename':
      case 'trace':
        return undefined;
      case 'quit':
        return this.#onQuit(now + Math.max(0, command.drainTimeoutMs));
    }
  }

  #onSay(say: Say): void {
    const content = this.#check(utf8Encode(say.text));
    this.#waitingSays.push({ ref: say.ref, content });
    if (content.type === 'line') this.#waitingBytes += content.bytes.length;
  }

  #check(bytes: Uint8Array | undefined): WaitingSay['content'] {
    if (bytes === undefined) return refusal('not-unicode', 'a line with half a surrogate pair has no UTF-8');
    if (bytes.length > lineMaxBytes) {
      return refusal(
        'line-too-long',
        `a line has at most ${lineMaxBytes} bytes; this one has ${bytes.length}`,
      );
    }
    if (this.#phase.type !== 'running') return refusal('closing', 'the node is about to stop');
    if (this.#waitingBytes + bytes.length > waitingSaysMaxBytes) {
      return refusal('log-full', 'too many lines wait for peers to catch up; say it again later');
    }
    return { type: 'line', bytes };
  }

  /** Settled lines leave the log, and lines that waited for their room come in. */
  #release(): void {
    this.#log.releaseThrough(this.#roster.settledThrough);
    let answered = 0;
    for (const { ref, content } of this.#waitingSays) {
      if (content.type === 'line') {
        if (!this.#makeRoomFor(content.bytes)) break;
        this.#waitingBytes -= content.bytes.length;
        this.#append(content.bytes, ref);
      } else {
        this.#emit({ type: 'refused', ref, code: content.code, message: content.message });
      }
      answered += 1;
    }
    if (answered > 0) this.#waitingSays.splice(0, answered);
  }

  #makeRoomFor(bytes: Uint8Array): boolean {
    while (!this.#log.hasRoomFor(bytes)) {
      if (!this.#roster.forgetSlowest()) return false;
      this.#log.releaseThrough(this.#roster.settledThrough);
    }
    return true;
  }

  #append(bytes: Uint8Array, ref: Ref | undefined): void {
    const line = this.#log.append(bytes, ref);
    const { seq } = line;
    this.#emit({ type: 'queued', ref, seq });
    if (this.#roster.peers.size > 0 || this.#roster.targets.length > 0) {
      this.#unsent.push({ seq, ref });
      return;
    }
    this.#log.releaseThrough(seq);
    this.#emit({ type: 'undelivered', ref, seq, to: undefined, reason: 'nobody is here' });
  }

  /** A line is sent once it has been put into packets for each peer that is there. */
  #reportSent(): void {
    let through = this.#log.head;
    for (const peer of this.#roster.joined) through = Math.min(through, peer.outgoing.sentThrough);
    let sent = 0;
    for (const { seq, ref } of this.#unsent) {
      if (seq > through) break;
      this.#emit({ type: 'sent', ref, seq });
      sent += 1;
    }
    if (sent > 0) this.#unsent.splice(0, sent);
  }

  #onQuit(until: number): void {
    const sooner = this.#phase.type === 'draining' ? Math.min(this.#phase.until, until) : until;
    this.#phase = { type: 'draining', until: sooner };
  }

  #drainOrClose(until: number, now: number): void {
    const isSettled = this.#waitingSays.length === 0 && this.#roster.settledThrough === this.#log.head;
    if (!isSettled && now < until) return;
    for (const { ref } of this.#waitingSays) {
      this.#emit({
        type: 'refused',
        ref,
        code: 'closing',
        message: 'the node stopped before this line had room',
      });
    }
    for (const peer of this.#roster.joined) peer.close(closeCodes.leaving, now);
    const undelivered = this.#roster.reportAll('the node stops');
    this.#emit({ type: 'closed', undelivered });
    this.#phase = { type: 'closed' };
  }

  #status(): Event {
    const { name, address } = this.#settings;
    const peers: PeerStatus[] = [...this.#roster.peers.values()].map((peer) => ({
      name: peer.name,
      peerId: peer.id,
      address: peer.path.address,
      state: peer.joined ? 'open' : 'connecting',
      linesSent: peer.outgoing.accepted - peer.firstOwed + 1,
      linesReceived: peer.linesReceived,
      figures: peer.figures,
    }));
    for (const target of this.#roster.targets) {
      if (target.peer !== undefined) continue;
      const dial = this.#dialler.dials.get(target.key);
      peers.push({
        name: target.settings.label,
        peerId: undefined,
        address: dial?.address,
        state: dial?.address === undefined ? 'resolving' : 'connecting',
        linesSent: 0,
        linesReceived: 0,
        figures: { linesOwed: this.#log.head },
      });
    }
    return { type: 'status', name, wire: 'tincan', address, said: this.#log.head, peers };
  }

  // ---- Out -----------------------------------------------------------------------------------------------------------

  #sendDatagram(to: Address, bytes: Uint8Array): void {
    this.#outputs.push({ type: 'datagram', to, bytes });
  }

  #emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }
}

function keyOf(peer: Peer): string {
  return `peer ${peer.id}`;
}

function introduce(peer: Peer, other: Peer): void {
  if (ipToBytes(other.path.address.ip) === undefined) return;
  peer.introduce({ type: 'introduce', publicKey: other.publicKey, address: other.path.address });
}

function refusal(code: string, message: string): Refusal {
  return { type: 'refusal', code, message };
}
