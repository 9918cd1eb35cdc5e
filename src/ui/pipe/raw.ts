/**
 * The `raw` face, for pipes: stdout is the peers' lines alone, exactly as said, each with a newline after it.
 *
 * Owns: that layout. stdin and stderr are those of the `text` face.
 * Nothing on stdout is sanitised: whoever reads it wants the exact text.
 */
import { type SingleEvent, singlesOf } from '../../kernel/runs.ts';
import { describe } from '../words/describe.ts';
import type { Face, FaceOptions } from '../face.ts';
import { NOTHING, PipeFace, type Written, joined } from './pipe.ts';
import { onStderr, onStdout, readPlainLine } from './text.ts';

export function rawFace(options: FaceOptions): Face {
  return new PipeFace(options, {
    inputMaxBytes: options.lineMaxBytes,
    lookAheadBytes: 0,
    read: (line) => readPlainLine(line, options.lineMaxBytes),
    show: (event) => joined(singlesOf(event).map((single) => written(single, options.verbose))),
  });
}

function written(event: SingleEvent, verbose: boolean): Written {
  if (event.type === 'message') return onStdout(event.text);
  const description = describe(event, verbose);
  return description === undefined ? NOTHING : onStderr(description);
}
