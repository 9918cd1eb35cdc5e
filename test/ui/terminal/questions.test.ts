import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { type SetUpChecks, askSetUp } from '../../../src/ui/terminal/questions.ts';
import { FakeKeyboard, FakeOutput } from '../fakes.ts';

const port = (answer: string): string | undefined =>
  /^\d+$/u.test(answer) ? undefined : `no port: ${answer}`;
const checks: SetUpChecks = {
  ownPort: port,
  peerPort: port,
  peerHost: (answer) => (answer.includes(' ') ? `no host: ${answer}` : undefined),
};

type Answer = readonly [question: string, answer: string];

/** Answers each question once it is asked. */
async function dialogue(...answers: Answer[]) {
  return dialogueWith(true, answers);
}

async function dialogueWith(asksOwnPort: boolean, answers: readonly Answer[]) {
  const input = new FakeKeyboard();
  const output = new FakeOutput(80);
  const setUp = askSetUp(input, output, {
    checks,
    defaultPort: '5000',
    asksOwnPort,
    signals: new EventEmitter(),
  });
  const transcript = await answerAll(input, output, answers);
  return { setUp: await setUp, transcript, input };
}

async function answerAll(
  input: FakeKeyboard,
  output: FakeOutput,
  answers: readonly Answer[],
): Promise<string> {
  const [next, ...rest] = answers;
  if (next === undefined) return '';
  const [question, answer] = next;
  await output.until(question);
  const asked = output.text;
  output.text = '';
  input.write(answer);
  return asked + (await answerAll(input, output, rest));
}

test('the answers are given back as they were typed, without white space around them', async () => {
  const { setUp, input } = await dialogue(
    ['Own port [5000]: ', '6000\r'],
    ['Peer address', ' bob.example \r'],
    ['Peer port [5000]: ', '7000\r'],
  );
  expect(setUp).toEqual({ ownPort: '6000', peer: { host: 'bob.example', port: '7000' } });
  expect(input.raw).toBe(false);
});

test('an answer of Enter alone takes the default, and without a peer address there is no peer', async () => {
  const alone = await dialogue(['Own port [5000]: ', '\r'], ['Peer address', '\r']);
  expect(alone.setUp).toEqual({ ownPort: '5000', peer: undefined });
  const both = await dialogue(['Own port', '\r'], ['Peer address', '::1\r'], ['Peer port', '\r']);
  expect(both.setUp).toEqual({ ownPort: '5000', peer: { host: '::1', port: '5000' } });
});

test('an own address that was given is not asked for again', async () => {
  const { setUp } = await dialogueWith(false, [
    ['Peer address', 'bob\r'],
    ['Peer port [5000]: ', '\r'],
  ]);
  expect(setUp).toEqual({ ownPort: undefined, peer: { host: 'bob', port: '5000' } });
});

test('a bad answer is explained in one line and asked again', async () => {
  const { setUp, transcript } = await dialogue(
    ['Own port [5000]: ', 'x\r'],
    ['Own port [5000]: ', '1\r'],
    ['Peer address', 'a b\r'],
    ['Peer address', 'a\r'],
    ['Peer port', '2\r'],
  );
  expect(setUp).toEqual({ ownPort: '1', peer: { host: 'a', port: '2' } });
  expect(transcript.split('no port: x\n').length).toBe(2);
  expect(transcript.split('no host: a b\n').length).toBe(2);
});

test.each([
  ['Ctrl-D', '\u0004'],
  ['Ctrl-C', '\u0003'],
])('%s at a question leaves, and restores the terminal', async (_, key) => {
  const { setUp, input } = await dialogue(['Own port', '1\r'], ['Peer address', key]);
  expect(setUp).toBeUndefined();
  expect(input.raw).toBe(false);
});

test('answers that are typed ahead wait for their questions', async () => {
  const { setUp } = await dialogue(['Own port', '1\rbob\r2\r']);
  expect(setUp).toEqual({ ownPort: '1', peer: { host: 'bob', port: '2' } });
});

test('a complaint about what was pasted is harmless, even if that was not', async () => {
  const { transcript } = await dialogue(
    ['Own port [5000]: ', 'x\u009B2J\r'],
    ['no port: x<U+009B>2J\n', '6000\r'],
    ['Peer address', '\r'],
  );
  expect(transcript).toContain('no port: x<U+009B>2J\n');
});
