/**
 * Colours that can be read on dark and on light: each stands out from black and from white by at least 3.6 to 1.
 *
 * Owns: the palette, of the 256 colours that terminals share.
 */

export type Style = 'dim' | 'bold' | 'good' | 'attention' | 'alarm' | PeerColor;

export type PeerColor = (typeof PEER_COLORS)[number];

/** Indexes into the 256 colours: blue, violet, green, pink, teal, red, mauve. @internal */
export const PEER_COLORS = [31, 62, 64, 133, 29, 167, 97] as const;

/** Green, orange, red. @internal */
export const SIGNAL_COLORS = { good: 28, attention: 130, alarm: 161 } as const;

/** The same colour for the same name, in every session. */
export function peerColor(name: string): PeerColor {
  let hash = 0;
  for (const character of name) hash = (hash * 101 + (character.codePointAt(0) ?? 0)) % 65_521;
  return PEER_COLORS[hash % PEER_COLORS.length] ?? PEER_COLORS[0];
}

/** `text` between the escape sequences of a style. */
export function styled(style: Style, text: string): string {
  switch (style) {
    case 'dim':
    case 'bold':
      return `${CSI}${style === 'dim' ? 2 : 1}m${text}${CSI}22m`;
    case 'good':
    case 'attention':
    case 'alarm':
      return colored(SIGNAL_COLORS[style], text);
    default:
      return colored(style, text);
  }
}

function colored(color: number, text: string): string {
  return `${CSI}38;5;${color}m${text}${CSI}39m`;
}

const CSI = '\u001B[';
