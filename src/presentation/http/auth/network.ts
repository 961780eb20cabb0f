import { isIPv6 } from 'node:net';

/** What counts as one sender: an IPv4 address, or an IPv6 network of 64 bits, of which one host has all addresses. */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined || !isIPv6(ip)) return mapped ?? ip;
  const [head, tail] = ip.split('::') as [string, string?];
  const [first, last] = [head.split(':'), tail?.split(':') ?? []];
  const zeros = Array<string>(8 - first.length - last.length).fill('0');
  const groups = [...first, ...zeros, ...last].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/64`;
}
