import { useApp } from '../app-context.js';
import { KeyHint } from '../keyboard/key-hint.js';
import { pagesFor } from '../pages/pages.js';
import { formatPlace, type Place, START } from '../router.js';
import { type Language, LANGUAGES, language, texts } from '../translations/translations.js';
import { chooseLanguage, chooseTheme, theme, THEMES } from './preferences.js';
import { Select } from './select.js';

/** The top of every page: the way home, a new report, and the menu with everything else. */
export function Header() {
  const { session, alerts, userActions } = useApp();
  const { value: text } = texts;
  const { hasSound, hasNotification } = alerts.settings.value;
  const { value: principal } = session.principal;
  return (
    <header class="header">
      <PlaceLink place={START} class="brand">
        <img src="/icon.svg" alt="" width="22" height="22" />
        {text.title}
      </PlaceLink>
      <nav class="pages" aria-label={text.menu}>
        {pagesFor(session).map((page) => (
          <PlaceLink key={page} place={{ page }}>
            {text.pages[page]}
          </PlaceLink>
        ))}
      </nav>
      {session.may('report') && (
        <button type="button" class="primary new-report" onClick={() => userActions.perform('report')}>
          <span aria-hidden="true">+</span> <span class="label">{text.actions.report}</span>{' '}
          <KeyHint action="report" />
        </button>
      )}
      <button type="button" class="menu-button" popovertarget="menu">
        <span class="menu-name">{principal?.name}</span> <span aria-hidden="true">☰</span>
        <span class="visually-hidden">{text.menu}</span>
      </button>
      <div id="menu" popover="auto" class="menu">
        <p class="menu-who">
          {principal && text.signedInAs(principal.name)}
          {principal && <span class="muted"> · {text.roles[principal.role]}</span>}
        </p>
        <nav class="menu-pages" aria-label={text.title}>
          {pagesFor(session).map((page) => (
            <PlaceLink key={page} place={{ page }}>
              {text.pages[page]}
            </PlaceLink>
          ))}
        </nav>
        <label>
          {text.language}
          <select
            value={language}
            onChange={({ currentTarget: { value } }) => chooseLanguage(value as Language)}
          >
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {text.theme.title}
          <Select
            value={theme.value}
            choices={THEMES}
            textOf={(each) => text.theme[each]}
            onChoose={chooseTheme}
          />
        </label>
        <fieldset>
          <legend>{text.alerts.title}</legend>
          <label class="check">
            <input
              type="checkbox"
              checked={hasSound}
              onChange={({ currentTarget: { checked } }) => alerts.setSound(checked)}
            />
            {text.alerts.sound}
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={hasNotification}
              onChange={(event) => {
                const box = event.currentTarget;
                // The person may refuse the permission.
                void alerts.setNotification(box.checked).then((isOn) => (box.checked = isOn));
              }}
            />
            {text.alerts.notification}
          </label>
        </fieldset>
        <button
          type="button"
          popovertarget="menu"
          popovertargetaction="hide"
          onClick={() => userActions.perform('help')}
        >
          {text.actions.help} <KeyHint action="help" />
        </button>
        <button
          type="button"
          popovertarget="menu"
          popovertargetaction="hide"
          onClick={() => void userActions.signOut()}
        >
          {text.signOut}
        </button>
      </div>
    </header>
  );
}

interface PlaceLinkProps {
  readonly place: Place;
  readonly class?: string;
  readonly children: preact.ComponentChildren;
}

/** A link within the page. */
export function PlaceLink({ place, class: name, children }: PlaceLinkProps) {
  const { router } = useApp();
  const isCurrent = router.place.value.page === place.page && place.page !== 'list';
  return (
    <a
      href={formatPlace(place)}
      class={name}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        router.go(place);
      }}
    >
      {children}
    </a>
  );
}
