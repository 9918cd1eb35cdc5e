/** Owns: what a peer is called whose name belongs to another key. */

export function notTheKnown(name: string): string {
  return `${name} (not the ${name} that was known)`;
}
