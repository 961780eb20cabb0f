/** What the scheduler needs to be fair: whose work a request is, and whether it is bulk work. */
export interface Workload {
  /** The principal of the request's access key, or the name of the process. Principals are served in rotation. */
  readonly principal: string;
  /** Whether it is one of many that were sent together: they wait for capacity, and single requests precede them. */
  readonly isBulk: boolean;
}

/** The work of the service itself, such as the retry of a quarantined message. */
export const OWN_WORK: Workload = { principal: '', isBulk: false };
