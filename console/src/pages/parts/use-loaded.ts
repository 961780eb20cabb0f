import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** What a page has loaded, and the error of the last attempt. */
export interface Loaded<Value> {
  /** Undefined until it is loaded; the last one, after an attempt that failed. */
  readonly value: ReadonlySignal<Value | undefined>;
  readonly error: ReadonlySignal<unknown>;
  readonly isLoading: ReadonlySignal<boolean>;
  /** Loads again. Never rejects. */
  readonly reload: () => Promise<void>;
}

interface Options {
  /** Loads again when one of these has changed. */
  readonly inputs?: readonly unknown[];
  /** Loads again after so many milliseconds, while the page is visible. */
  readonly intervalMs?: number;
}

/**
 * Loads something when a component appears. Only the result of the latest load counts.
 * @param load is given a signal that is aborted when its result is no longer needed.
 */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  { inputs = [], intervalMs }: Options = {},
): Loaded<Value> {
  const value: Signal<Value | undefined> = useSignal(undefined);
  const error = useSignal<unknown>(undefined);
  const isLoading = useSignal(true);
  const current = useRef(new AbortController());
  const latest = useRef(load);
  latest.current = load;

  const reload = async () => {
    current.current.abort();
    const { signal } = (current.current = new AbortController());
    isLoading.value = true;
    try {
      const result = await latest.current(signal);
      if (signal.aborted) return;
      value.value = result;
      error.value = undefined;
    } catch (reason) {
      if (signal.aborted) return;
      error.value = reason;
    }
    isLoading.value = false;
  };

  useEffect(() => {
    void reload();
    return () => current.current.abort();
  }, inputs);

  useEffect(() => {
    if (intervalMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void reload();
    }, intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);

  return { value, error, isLoading, reload };
}
