/** What an attacker has sent. */
export interface AttackCounts {
  /** Requests, or lines of streams. */
  sent: number;
  /** Answered with 5xx. */
  failed: number;
}
