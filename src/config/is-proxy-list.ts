import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ValidateWith } from './rules.js';

function isAddressOrNetwork(text: string): boolean {
  const { IPv4, IPv6 } = ipaddr;
  return isIP(text) !== 0 || IPv4.isValidCIDRFourPartDecimal(text) || IPv6.isValidCIDR(text);
}

/** The addresses and networks in a comma-separated list. */
export const parseProxyList = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Addresses and networks of proxies, such as `10.0.0.0/8, ::1`. */
export const IsProxyList = () =>
  ValidateWith('isProxyList', (value) => {
    const wrong = parseProxyList(String(value)).find((part) => !isAddressOrNetwork(part));
    return wrong === undefined
      ? undefined
      : `must be addresses and networks such as 127.0.0.1,10.0.0.0/8, and "${wrong}" is neither`;
  });
