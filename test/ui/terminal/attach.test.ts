import { expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { onSizeChange } from '../../../src/ui/terminal/attach.ts';
import { untilTrue } from '../../support/wait.ts';

function watched(columns: number) {
  const signals = new EventEmitter();
  const told: string[] = [];
  const size = { columns, rows: 24 };
  const stop = onSizeChange({
    signals,
    size: () => ({ ...size }),
    onAttach: () => told.push('attach'),
    onResize: () => told.push('resize'),
  });
  const change = (toColumns: number, rows: number): void => {
    Object.assign(size, { columns: toColumns, rows });
    signals.emit('SIGWINCH');
  };
  return { signals, told, stop, change, settled: () => untilTrue('a verdict', () => told.length > 0) };
}

test('the first size ever is taken for somebody who attaches', async () => {
  const { told, change, settled } = watched(0);
  change(80, 24);
  await settled();
  expect(told).toEqual(['attach']);
});

test('one size larger and then the right one is taken for docker attach, once', async () => {
  const { told, change, settled } = watched(80);
  change(101, 31);
  change(100, 30);
  await settled();
  expect(told).toEqual(['attach']);
});

test('a burst of signals that ends at the size where it began is taken for one attach', async () => {
  const { told, change, settled } = watched(80);
  change(80, 24);
  await settled();
  expect(told).toEqual(['attach']);
});

test('a window that is dragged is taken for resized', async () => {
  const { told, change, settled } = watched(80);
  change(81, 24);
  change(90, 26);
  await settled();
  expect(told).toEqual(['resize']);
});

test('after the stop nothing listens for changes of the window', () => {
  const { signals, stop } = watched(80);
  stop();
  expect(signals.listenerCount('SIGWINCH')).toBe(0);
});
