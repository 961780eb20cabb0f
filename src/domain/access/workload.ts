/** Whose request it is, and whether it is one of many: what a fair scheduler needs to know. */
export interface Workload {
  /** The principal of the access key, or the name of the process. Principals take turns. */
  readonly principal: string;
  /** Whether it is one of many that arrived together: these wait for capacity that single requests leave. */
  readonly isBulk: boolean;
}

/** Work of the service itself, such as the retry of a quarantined message. */
export const OWN_WORK: Workload = { principal: '', isBulk: false };
