import { expect, test } from '@jest/globals';
import { PEER_COLORS, SIGNAL_COLORS } from '../../../src/ui/terminal/colors.ts';

/** Where the 6×6×6 colours of the 256 begin, and the levels of their channels. */
const CUBE_START = 16;
const LEVELS = [0, 95, 135, 175, 215, 255];

test.each([...PEER_COLORS, ...Object.values(SIGNAL_COLORS)])(
  'colour %i can be read on black and on white',
  (color) => {
    const luminance = luminanceOf(color);
    // WCAG 2: (lighter + 0.05) / (darker + 0.05).
    expect((luminance + 0.05) / 0.05).toBeGreaterThan(3.6);
    expect(1.05 / (luminance + 0.05)).toBeGreaterThan(3.6);
  },
);

function luminanceOf(color: number): number {
  const index = color - CUBE_START;
  const [red = 0, green = 0, blue = 0] = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(
    (level) => {
      const channel = (LEVELS[level] ?? 0) / 255;
      return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    },
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
