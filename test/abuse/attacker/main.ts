/* The attacker process; it has a lower priority than the service and the victim. */
import type { AttackCounts } from './attack-counts.ts';
import { ATTACK_METHODS } from './attack-methods.ts';

/** The options of the attacker process. */
export interface AttackerOptions {
  readonly attack: string;
  readonly url: string;
  readonly accessKey: string;
  readonly seconds: number;
}

const { attack, url, accessKey, seconds } = JSON.parse(process.argv[2]!) as AttackerOptions;
const counts: AttackCounts = { sent: 0, failed: 0 };
const stop = AbortSignal.timeout(seconds * 1_000);
await ATTACK_METHODS[attack]!({ url, accessKey, stop, counts });
process.send!(counts);
process.disconnect();
