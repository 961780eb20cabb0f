/* The attacker: a process of its own, with a lower priority than the service and its victim. */
import type { Tally } from './tally.ts';
import { WAYS } from './ways.ts';

/** What an attacker is told to do. */
export interface Orders {
  readonly attack: string;
  readonly url: string;
  readonly accessKey: string;
  readonly seconds: number;
}

const { attack, url, accessKey, seconds } = JSON.parse(process.argv[2]!) as Orders;
const tally: Tally = { sent: 0, failed: 0 };
const stop = AbortSignal.timeout(seconds * 1_000);
await WAYS[attack]!({ url, accessKey, stop, tally });
process.send!(tally);
process.disconnect();
