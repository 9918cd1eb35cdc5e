/**
 * IPv4 addresses on a dual-stack socket: the kernel shows and wants them mapped into IPv6, nobody else does.
 *
 * Owns: the translation at the edge.
 */

const v4Mapped = '::ffff:';

export function fromKernel(ip: string): string {
  return ip.startsWith(v4Mapped) && ip.includes('.') ? ip.slice(v4Mapped.length) : ip;
}

export function toKernel(ip: string, socketIsV6: boolean): string {
  return socketIsV6 && !ip.includes(':') ? v4Mapped + ip : ip;
}
