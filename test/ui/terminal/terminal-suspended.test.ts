/** The real program in a real pseudo-terminal, under a shell that stops it and lets it go on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { PersonTerminal } from '../../support/person-terminal.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
/** Leaves behind which process the program is, and in which terminal. */
const TRACKED = 'echo $$ $(tty) >"$1"; shift; exec "$@"';

test.each(['SIGTSTP', 'SIGSTOP'] as const)(
  'after %s and fg the keyboard is the program`s again, and prompt and draft stand as before',
  async (signal) => {
    const directory = mkdtempSync(join(tmpdir(), 'tincan-test-'));
    const file = join(directory, 'process');
    await using terminal = new PersonTerminal(['sh', '-i']);
    const program = `${process.execPath} ${MAIN} --name alice --bind 127.0.0.1:0 --peer bob=127.0.0.1:9`;
    terminal.type(`PS1='shell''> ' XDG_RUNTIME_DIR=${directory}; export XDG_RUNTIME_DIR\n`);
    terminal.type(`sh -c '${TRACKED}' sh ${file} ${program}\n`);
    await terminal.shows('ready alice');
    terminal.type('the dra');
    await terminal.shows('alice> the dra');
    const [pid = '', tty = ''] = readFileSync(file, 'utf8').trim().split(' ');
    const isRaw = (): boolean =>
      execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }).includes('-icanon');
    expect(isRaw()).toBe(true);

    process.kill(Number(pid), signal);
    await terminal.shows('shell> ');
    terminal.type('stty sane; echo "cook""ed"; fg\n');
    await terminal.shows('cooked');
    await terminal.shows('ready alice', { after: 'cooked' });
    await terminal.shows('alice> the dra', { after: 'cooked' });
    expect(isRaw()).toBe(true);
    terminal.type('ft');
    await terminal.shows('alice> the draft');

    terminal.type('\u0003\u0003');
    await terminal.shows('shell> ', { after: 'alice> the draft' });
    terminal.type('exit\n');
    await terminal.ended();
    rmSync(directory, { recursive: true });
  },
);
