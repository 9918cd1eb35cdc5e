/**
 * The `raw` face, for pipes: stdout is the peers' lines alone, exactly as said, each with a newline after it.
 *
 * Owns: that layout. stdin and stderr are those of the `text` face.
 * Nothing on stdout is sanitised: whoever reads it wants the exact text.
 */
import type { Face, FaceOptions } from '../face.ts';
import { PipeFace } from './pipe.ts';
import { onStdout, readPlainLine, remarks } from './text.ts';

export function rawFace(options: FaceOptions): Face {
  return new PipeFace(options, {
    inputMaxBytes: options.lineMaxBytes,
    lookAheadBytes: 0,
    saysRuns: true,
    read: (line) => readPlainLine(line, options.lineMaxBytes),
    show: (event) => {
      if (event.type === 'messages') return [{ stdout: event.bytes, stderr: '' }];
      return event.type === 'message' ? [onStdout(event.text)] : remarks(event, options.verbose);
    },
  });
}
