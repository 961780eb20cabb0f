import { Dialog } from '../shell/dialog.js';
import { useLazy } from '../shell/use-lazy.js';
import { texts } from '../translations/translations.js';
import type { ViewerProps } from './viewer.js';

/** The viewer, which is loaded when somebody looks at the first file. */
export function LazyViewer(props: ViewerProps) {
  const loaded = useLazy(() => import('./viewer.js'), []);
  if (loaded !== 'loading' && loaded !== 'failed') return <loaded.Viewer {...props} />;
  return (
    <Dialog title={texts.value.files.title} onClose={props.onClose}>
      <p role="status">{loaded === 'loading' ? texts.value.loading : texts.value.noAnswer}</p>
    </Dialog>
  );
}
