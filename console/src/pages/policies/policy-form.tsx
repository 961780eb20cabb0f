import { useSignal } from '@preact/signals';
import { type Policy, SOURCES } from '../../api/types.js';
import { useApp } from '../../app-context.js';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';
import { FormDialog } from '../parts/form-dialog.js';

type FieldName = Exclude<keyof Policy, 'scope'>;
type Label =
  | 'takeWithin'
  | 'escalateAfter'
  | 'remindInProgressAfter'
  | 'quietHours'
  | 'onDuty'
  | 'escalateTo'
  | 'digestAt';

interface PolicyField {
  readonly name: FieldName;
  /** The name of its text. */
  readonly label: Label;
  readonly hint?: Exclude<`${Label}Hint`, 'escalateAfterHint'>;
  /** Policies of sources have none. */
  readonly isOfChats?: true;
}

/** The parts of a policy, in the order of their importance. */
export const FIELDS: readonly PolicyField[] = [
  { name: 'take_within', label: 'takeWithin', hint: 'takeWithinHint' },
  { name: 'escalate_after', label: 'escalateAfter' },
  { name: 'escalate_to', label: 'escalateTo', hint: 'escalateToHint', isOfChats: true },
  { name: 'on_duty', label: 'onDuty', hint: 'onDutyHint', isOfChats: true },
  { name: 'remind_in_progress_after', label: 'remindInProgressAfter', hint: 'remindInProgressAfterHint' },
  { name: 'quiet_hours', label: 'quietHours', hint: 'quietHoursHint' },
  { name: 'digest_at', label: 'digestAt', hint: 'digestAtHint', isOfChats: true },
];

const SOURCE_SCOPES: ReadonlySet<string> = new Set(SOURCES);

/** The parts that a policy of this scope has. */
const fieldsOf = (scope: string) => FIELDS.filter(({ isOfChats }) => !isOfChats || !SOURCE_SCOPES.has(scope));

type Values = Readonly<Record<FieldName, string>>;

const valuesOf = (policy: Policy | undefined): Values =>
  Object.fromEntries(FIELDS.map(({ name }) => [name, String(policy?.[name] ?? '')])) as Values;

/** What the API takes for the text of a field: null is off. */
function memberOf(name: FieldName, text: string): string | number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  // What is no number is refused by the service, with a reason.
  return name === 'escalate_after' && /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** The members whose texts have changed: what others change at the same time stays. */
export function changesOf(
  scope: string,
  before: Values,
  after: Values,
): Readonly<Record<string, string | number | null>> {
  return Object.fromEntries(
    fieldsOf(scope)
      .filter(({ name }) => before[name].trim() !== after[name].trim())
      .map(({ name }) => [name, memberOf(name, after[name])]),
  );
}

interface Props {
  /** Undefined for a new one. */
  readonly policy: Policy | undefined;
  readonly onSaved: () => Promise<void>;
  readonly onClose: () => void;
}

/** The form of a policy. */
export function PolicyForm({ policy, onSaved, onClose }: Props) {
  const { api } = useApp();
  const { policies: text, save } = pageTexts.value;
  const scope = useSignal(policy?.scope ?? '');
  const values = useSignal(valuesOf(policy));

  const submit = async () => {
    const changes = changesOf(scope.value.trim(), valuesOf(policy), values.value);
    const options = { params: { scope: scope.value.trim() }, json: changes };
    if (!policy) await api.put('/api/v1/policies/{scope}', options);
    else if (Object.keys(changes).length > 0) await api.patch('/api/v1/policies/{scope}', options);
    await onSaved();
    onClose();
  };

  return (
    <FormDialog
      title={policy ? text.titleOf(policy.scope) : text.create}
      action={save}
      onSubmit={submit}
      onClose={onClose}
    >
      {!policy && (
        <Field label={text.scope} hint={text.scopeHint}>
          {(ids) => (
            <input
              {...ids}
              name="scope"
              required
              autocomplete="off"
              value={scope}
              onInput={({ currentTarget: { value } }) => (scope.value = value)}
            />
          )}
        </Field>
      )}
      {fieldsOf(scope.value.trim()).map(({ name, label, hint }) => (
        <Field key={name} label={text[label]} hint={hint && text[hint]}>
          {(ids) => (
            <input
              {...ids}
              name={name}
              autocomplete="off"
              inputMode={name === 'escalate_after' ? 'numeric' : 'text'}
              value={values.value[name]}
              onInput={({ currentTarget: { value } }) => (values.value = { ...values.value, [name]: value })}
            />
          )}
        </Field>
      ))}
    </FormDialog>
  );
}
