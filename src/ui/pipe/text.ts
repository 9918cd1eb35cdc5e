/**
 * The `text` face: a line of stdin is a line said, a line of stdout is `name: line`; the rest goes to stderr.
 *
 * Owns: that layout. Wording and sanitising are `describe.ts`'s.
 */
import { type SingleEvent, singlesOf } from '../../kernel/runs.ts';
import { describe, describeLine, describeLines, tooLong } from '../words/describe.ts';
import type { Face, FaceCommand, FaceOptions } from '../face.ts';
import type { InputLine } from '../../kernel/lines.ts';
import { PipeFace, type Refusal, type Written } from './pipe.ts';

export function textFace(options: FaceOptions): Face {
  return new PipeFace(options, {
    inputMaxBytes: options.lineMaxBytes,
    lookAheadBytes: 0,
    saysRuns: true,
    read: (line) => readPlainLine(line, options.lineMaxBytes),
    show: (event) => {
      if (event.type === 'messages') return [onStdout(describeLines(event))];
      return event.type === 'message' ? [onStdout(describeLine(event))] : remarks(event, options.verbose);
    },
  });
}

/** What stderr is told of an event. */
export function remarks(event: SingleEvent, verbose: boolean): readonly Written[] {
  // What is not told of one line is not told of many.
  if (describe(event, verbose) === undefined) return [];
  return singlesOf(event).map((single) => onStderr(describe(single, verbose) ?? ''));
}

/** What a line of input means where every line is said as it is: no commands, no escapes. */
export function readPlainLine(line: InputLine, lineMaxBytes: number): FaceCommand | Refusal {
  switch (line.type) {
    case 'line':
      return { type: 'say', text: line.text, ref: undefined };
    case 'too-long':
      return { type: 'refusal', wasToBeSaid: true, ...tooLong(line.bytes, lineMaxBytes) };
    case 'not-utf8':
      return {
        type: 'refusal',
        wasToBeSaid: true,
        code: 'not-utf8',
        message: `line of ${line.bytes} bytes is not UTF-8, so it was not said`,
      };
    default:
      return line satisfies never;
  }
}

export function onStdout(text: string): Written {
  return { stdout: `${text}\n`, stderr: '' };
}

function onStderr(text: string): Written {
  return { stdout: '', stderr: `${text}\n` };
}
