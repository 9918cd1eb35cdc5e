/**
 * The `json` face, for scripts: one JSON object a line, in and out. `json.schema.json` is its contract.
 *
 * Owns: where input meets output: a name in `say` means a peer that was told of.
 */
import { type SingleEvent, singlesOf } from '../../kernel/runs.ts';
import type { Face, FaceOptions } from '../face.ts';
import { controlLookAheadBytes } from '../limits.ts';
import { inputMaxBytes, readJsonLine } from './json-input.ts';
import { toJson } from './json-output.ts';
import { type Found, Peers } from '../peers.ts';
import { Acknowledged } from './acknowledged.ts';
import { PipeFace, type Written } from './pipe.ts';
import { onStdout } from './text.ts';

/** `acknowledges`: a peer's line is taken when the reader of stdout says so. */
export function jsonFace(options: FaceOptions, acknowledges = false): Face {
  const { lineMaxBytes } = options;
  const peers = new Peers();
  const acknowledged = acknowledges ? new Acknowledged() : undefined;
  const findPeer = (nameOrId: string): Found => peers.find(nameOrId);
  return new PipeFace(options, {
    inputMaxBytes: inputMaxBytes(lineMaxBytes),
    lookAheadBytes: controlLookAheadBytes,
    saysRuns: false,
    read: (line) => readJsonLine(line, { lineMaxBytes, findPeer, acknowledged }),
    takes: (event) => acknowledged?.takes(event) ?? true,
    show: (event) => {
      peers.onEvent(event);
      const singles = singlesOf(event);
      for (const single of singles)
        if (single.type === 'message') acknowledged?.onMessage(single.peerId, single.log ?? '', single.seq);
      return singles.flatMap(written);
    },
  });
}

function written(event: SingleEvent): readonly Written[] {
  if (event.type === 'queued') return [];
  const stdout = onStdout(toJson(event));
  if (event.type !== 'closed' || event.undelivered === 0) return [stdout];
  // The count is on stderr on every face.
  return [{ ...stdout, stderr: `undelivered: ${event.undelivered}\n` }];
}
