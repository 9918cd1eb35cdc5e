/**
 * Tells somebody who attaches from somebody whose window changes its size: both come as SIGWINCH.
 *
 * `docker attach` sets the size one larger, then right, so that the program draws itself for whoever sees nothing yet.
 * Owns: that rule, and the quiet that ends a burst of changes.
 */
import type { EventEmitter } from 'node:events';
import type { Size } from './layout.ts';
import { resizeSettleMs } from '../limits.ts';

export interface SizeListener {
  readonly signals: EventEmitter;
  /** The size now; no columns while nobody has ever been there. */
  readonly size: () => Size;
  /** Nothing is known of what this person sees. */
  readonly onAttach: () => void;
  /** The same window, of another size. */
  readonly onResize: () => void;
}

/** Gives the way to stop listening. */
export function onSizeChange({ signals, size, onAttach, onResize }: SizeListener): () => void {
  let settled = size();
  let seen: Size[] = [];
  let timer: NodeJS.Timeout | undefined;
  const settle = (): void => {
    const now = size();
    const isAttach =
      settled.columns === 0 ||
      isSame(now, settled) ||
      seen.some(({ columns, rows }) => columns === now.columns + 1 && rows === now.rows + 1);
    settled = now;
    seen = [];
    if (isAttach) onAttach();
    else onResize();
  };
  const onSignal = (): void => {
    seen = [...seen, size()].slice(-SEEN_MAX);
    clearTimeout(timer);
    timer = setTimeout(settle, resizeSettleMs);
  };
  signals.on('SIGWINCH', onSignal);
  return () => {
    clearTimeout(timer);
    signals.off('SIGWINCH', onSignal);
  };
}

/** Sizes remembered of one burst: an attach is two changes, and stands at the burst's end. */
const SEEN_MAX = 4;

function isSame(left: Size, right: Size): boolean {
  return left.columns === right.columns && left.rows === right.rows;
}
