import sequencer from '@jest/test-sequencer';

/** A spec that starts processes or a browser takes about this long, any other one about a tenth of it. */
const PROCESS_SPEC_MS = 30_000;
const PROCESS_SPECS = /\/test\/(process|browser)\//;

/**
 * Starts the longest specs first, so that no worker is left with a long one at the end. Jest does that by the times of the run
 * before; a clean clone has none.
 */
export default class LongestFirst extends sequencer {
  time(test) {
    return super.time(test) ?? (PROCESS_SPECS.test(test.path) ? PROCESS_SPEC_MS : PROCESS_SPEC_MS / 10);
  }
}
