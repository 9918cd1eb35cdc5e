/**
 * The banner that a terminal shows at its start, and again to someone who attaches.
 *
 * Owns: its look.
 */

/** The lines of the banner, no wider than `columns`; the plain word where the letters would not fit. */
export async function bannerLines(columns: number): Promise<string[]> {
  // Only a terminal needs it, so that a pipe starts without it.
  const { default: figlet } = await import('figlet');
  const drawn = await figlet.text('tincan', { font: 'Standard' });
  const lines = drawn.split('\n').map((line) => line.trimEnd());
  const art = lines.filter((line) => line !== '');
  return art.every((line) => line.length <= columns) ? art : ['tincan'];
}
