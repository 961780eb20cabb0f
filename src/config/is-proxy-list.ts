import { isIP } from 'node:net';
import { ValidateWith } from './validate-with.js';

function isNetwork(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const version = isIP(address!);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** The addresses and networks of a list that is separated by commas. */
export const parseProxyList = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Addresses and networks of proxies, such as `10.0.0.0/8, ::1`. */
export const IsProxyList = () =>
  ValidateWith('isProxyList', (value) => {
    const wrong = parseProxyList(String(value)).find((part) => !isNetwork(part));
    return wrong === undefined
      ? undefined
      : `must be addresses and networks such as 127.0.0.1,10.0.0.0/8, and "${wrong}" is neither`;
  });
