import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, in which one host may use all addresses. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  // An IPv4-mapped address becomes an IPv4 address.
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${ip}/64`).toString()}/64`;
}
