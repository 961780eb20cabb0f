import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A part of the page that is not loaded at start. */
export type Lazy<Module extends object> = 'loading' | 'failed' | Module;

/**
 * Loads a part of the page when a component appears, and again when one of the inputs has changed.
 * @param load undefined if nothing is to be loaded.
 */
export function useLazy<Module extends object>(
  load: (() => Promise<Module>) | undefined,
  inputs: readonly unknown[],
): Lazy<Module> {
  const loaded = useSignal<Lazy<Module>>('loading');
  useEffect(() => {
    let isWanted = true;
    const show = (result: Lazy<Module>) => {
      if (isWanted) loaded.value = result;
    };
    show('loading');
    load?.().then(
      show,
      // The network is lost, or the service has another version meanwhile: loading the whole page again helps.
      () => show('failed'),
    );
    return () => {
      isWanted = false;
    };
  }, inputs);
  return loaded.value;
}
