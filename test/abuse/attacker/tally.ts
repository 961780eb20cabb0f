/** What an attacker has done. */
export interface Tally {
  /** Requests, or lines of streams, that were sent. */
  sent: number;
  /** Those of which the attacker was told that the service failed: 5xx. */
  failed: number;
}
