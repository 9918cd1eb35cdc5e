/**
 * IPv4 addresses on a dual-stack socket: the kernel shows and wants them mapped into IPv6, nobody else does.
 *
 * Owns: the translation at the edge. Must not know: sockets.
 */

const V4_MAPPED = '::ffff:';

export function fromKernel(ip: string): string {
  return ip.startsWith(V4_MAPPED) && ip.includes('.') ? ip.slice(V4_MAPPED.length) : ip;
}

export function toKernel(ip: string, socketIsV6: boolean): string {
  return socketIsV6 && !ip.includes(':') ? V4_MAPPED + ip : ip;
}
