/**
 * The `raw` face, for pipes: stdout is the peers' lines alone, exactly as said, each with a newline after it.
 *
 * Owns: that layout. stdin and stderr are those of the `text` face.
 * Nothing on stdout is sanitised: whoever reads it wants the exact text.
 */
import { describe } from '../words/describe.ts';
import type { Face, FaceOptions } from '../face.ts';
import { NOTHING, PipeFace } from './pipe.ts';
import { onStderr, onStdout, readPlainLine } from './text.ts';

export function rawFace(options: FaceOptions): Face {
  return new PipeFace(options, {
    inputMaxBytes: options.lineMaxBytes,
    lookAheadBytes: 0,
    read: (line) => readPlainLine(line, options.lineMaxBytes),
    show: (event) => {
      if (event.type === 'message') return onStdout(event.text);
      const description = describe(event, options.verbose);
      return description === undefined ? NOTHING : onStderr(description);
    },
  });
}
