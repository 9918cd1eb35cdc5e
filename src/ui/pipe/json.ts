/**
 * The `json` face, for scripts: one JSON object a line, in and out. `json.schema.json` is its contract.
 *
 * Owns: where input meets output: a name in `say` means a peer that was told of.
 */
import type { Event } from '../../kernel/contract.ts';
import type { Face, FaceOptions } from '../face.ts';
import { controlLookAheadBytes } from '../limits.ts';
import { inputMaxBytes, readJsonLine } from './json-input.ts';
import { toJson } from './json-output.ts';
import { Peers } from '../peers.ts';
import { NOTHING, PipeFace, type Written } from './pipe.ts';
import { onStdout } from './text.ts';

export function jsonFace(options: FaceOptions): Face {
  const { lineMaxBytes } = options;
  const peers = new Peers();
  return new PipeFace(options, {
    inputMaxBytes: inputMaxBytes(lineMaxBytes),
    lookAheadBytes: controlLookAheadBytes,
    read: (line) => readJsonLine(line, { lineMaxBytes, findPeer: (nameOrId) => peers.find(nameOrId) }),
    show: (event) => {
      peers.onEvent(event);
      return written(event);
    },
  });
}

function written(event: Event): Written {
  if (event.type === 'queued') return NOTHING;
  const stdout = onStdout(toJson(event));
  if (event.type !== 'closed' || event.undelivered === 0) return stdout;
  // The count is on stderr on every face.
  return { ...stdout, stderr: `undelivered: ${event.undelivered}\n` };
}
