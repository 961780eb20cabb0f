import { Fragment } from 'preact';
import { Dialog } from '../shell/dialog.js';
import { texts } from '../translations/translations.js';
import { BINDINGS, type HelpGroup, shortcuts } from './bindings.js';
import { Keys } from './key-hint.js';

const GROUPS: readonly HelpGroup[] = ['incidents', 'list', 'general'];

/** All keys: from the table by which they act. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const { help, actions } = texts.value;
  return (
    <Dialog title={help.title} onClose={onClose}>
      <div class="help">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{help[group]}</h3>
            <dl>
              {BINDINGS.filter((binding) => binding.group === group).map(({ action }) => (
                <div key={action}>
                  <dt>{actions[action]}</dt>
                  <dd>
                    {shortcuts.labelsOf(action).map((label, index) => (
                      <Fragment key={label.join('+')}>
                        {index > 0 && ' '}
                        <span class="keys">
                          {label.map((key) => (
                            <kbd key={key}>{key}</kbd>
                          ))}
                        </span>
                      </Fragment>
                    ))}
                  </dd>
                </div>
              ))}
              {group === 'general' && (
                <div>
                  <dt>{help.submit}</dt>
                  <dd>
                    <Keys label={['Ctrl', 'Enter']} />
                  </dd>
                </div>
              )}
            </dl>
          </section>
        ))}
      </div>
      <form method="dialog" class="dialog-buttons">
        <button type="submit">{texts.value.dismiss}</button>
      </form>
    </Dialog>
  );
}
