import type { CommandKind } from '../incidents/commands.js';
import type { Texts } from './english.js';

const plural = new Intl.PluralRules('ru');

/** `1 инцидент`, `2 инцидента`, `5 инцидентов`. */
function counted(count: number, one: string, few: string, many: string): string {
  const category = plural.select(count);
  return `${count} ${category === 'one' ? one : category === 'few' ? few : many}`;
}

const done: Record<CommandKind, string> = {
  take: 'взят в работу',
  resolve: 'решён',
  close: 'закрыт',
  reopen: 'возвращён в работу',
  release: 'больше ни за кем',
  hand_over: 'передан',
  urgency: 'срочность изменена',
  append: 'текст добавлен',
  duplicate: 'отмечен как дубликат и закрыт',
};

export const russian: Texts = {
  title: 'Инциденты',
  status: { NEW: 'новый', IN_PROGRESS: 'в работе', RESOLVED: 'решён', CLOSED: 'закрыт' },
  sources: { operator: 'оператор', monitoring: 'мониторинг', partner: 'партнёр' },
  tabs: {
    untaken: 'Не взяты',
    mine: 'Мои',
    in_progress: 'В работе',
    resolved: 'Решены',
    closed: 'Закрыты',
    all: 'Все',
  },
  emptyTabs: {
    untaken: 'Никто не ждёт: все открытые инциденты взяты.',
    mine: 'У вас нет открытых инцидентов.',
    in_progress: 'В работе ничего нет.',
    resolved: 'Закрывать нечего.',
    closed: 'Закрытых инцидентов пока нет.',
    all: 'Пока ни о чём не сообщили.',
  },
  pages: {
    statistics: 'Статистика',
    quarantine: 'Карантин',
    policies: 'Политики',
    keys: 'Ключи доступа',
    consumers: 'Потребители',
    wall: 'Табло',
  },
  roles: {
    reader: 'читатель',
    reporter: 'отправитель',
    operator: 'оператор',
    scraper: 'сборщик метрик',
    admin: 'администратор',
  },
  actions: {
    take: 'Взять',
    resolve: 'Решить',
    close: 'Закрыть',
    reopen: 'Вернуть в работу',
    release: 'Отпустить',
    append: 'Добавить',
    hand_over: 'Передать',
    urgency: 'Срочный',
    duplicate: 'Дубликат',
    report: 'Сообщить',
    search: 'Поиск',
    next: 'Следующий инцидент',
    previous: 'Предыдущий инцидент',
    extend_next: 'Выделить до следующего',
    extend_previous: 'Выделить до предыдущего',
    toggle: 'Выделить',
    open: 'Открыть',
    back: 'Назад, или снять выделение',
    undo: 'Отменить',
    help: 'Клавиши',
  },
  problems: {
    'incident.closed': 'Он закрыт.',
    'incident.illegal-transition': 'Его статус изменился.',
    'incident.unexpected-status': 'Его статус изменился.',
    'incident.version-mismatch': 'Он изменился.',
    'incident.not-found': 'Такого инцидента нет.',
    'incident.original-not-found': 'Инцидента с таким номером нет.',
    'incident.duplicate-cycle': 'Тот инцидент сам дубликат этого.',
    'incident.already-duplicate': 'Он уже дубликат другого инцидента.',
    'incident.description-too-long': 'Описание стало бы слишком длинным.',
    'request.forbidden': 'Ваша роль этого не позволяет.',
    'request.unauthorized': 'Сеанс завершён.',
    'request.rate-limited': 'Слишком много запросов: повторите чуть позже.',
    'store.unavailable': 'База данных не отвечает: повторите чуть позже.',
  },
  loading: 'Загрузка…',
  noAnswer: 'Сервис не отвечает.',
  retry: 'Повторить',
  cancel: 'Отмена',
  dismiss: 'Скрыть',
  undo: 'Отменить',
  nobody: 'никто',
  you: 'вы',
  urgent: 'срочный',
  signIn: {
    title: 'Вход',
    key: 'Ключ доступа',
    submit: 'Войти',
    ended: 'Сеанс завершён. Войдите снова: набранный текст сохранён.',
    wrongKey: 'Этот ключ доступа не действует.',
    wrongLink:
      'Эта ссылка для входа больше не действует. Попросите у администратора новую или войдите по ключу доступа.',
    mayNotRead: (role) => `У этого ключа роль «${role}», она не позволяет читать инциденты.`,
    failed: 'Сервис не отвечает. Попробуйте ещё раз.',
    developmentKey: (key) => `Сервис запущен для разработки. Его ключ доступа — «${key}».`,
    useIt: 'Подставить',
  },
  signOut: 'Выйти',
  signedInAs: (name) => `Вы вошли как ${name}`,
  menu: 'Меню',
  language: 'Язык',
  theme: { title: 'Тема', system: 'Как в системе', light: 'Светлая', dark: 'Тёмная' },
  nothingHere: 'Такой страницы нет.',
  toIncidents: 'К инцидентам',
  connection: {
    connecting: (since) => `Нет живого обновления с ${since}: подключаемся…`,
    polling: (since) => `Нет живого обновления с ${since}: список обновляется раз в несколько секунд.`,
    offline: (since) => `Нет связи с ${since}: данные могли устареть.`,
  },
  list: {
    label: 'Инциденты',
    select: (id) => `Выделить #${id}`,
    waiting: 'Ждёт',
    occurrences: (count) => `сообщили ${counted(count, 'раз', 'раза', 'раз')}`,
    empty: 'Подходящих инцидентов нет.',
    clearFilters: 'Сбросить фильтры',
    selected: (count) => `Выделено: ${count}`,
    clear: 'Снять',
    atLeast: (count) => `${count}+`,
  },
  filters: {
    label: 'Фильтры',
    search: 'Поиск по описанию',
    source: 'Источник',
    channel: 'Канал',
    assignee: 'Исполнитель',
    anySource: 'Все источники',
    anyone: 'Любой',
    me: 'Я',
    nobody: 'Никто',
    urgentOnly: 'Только срочные',
    from: 'С',
    to: 'По',
  },
  incident: {
    close: 'Закрыть панель',
    backToList: 'К списку',
    missing: (id) => `Инцидента #${id} нет.`,
    reported: 'Сообщили',
    source: 'Источник',
    channel: 'Канал',
    assignee: 'Исполнитель',
    waiting: 'Ждёт',
    inProgressFor: 'Изменён',
    occurrences: 'Сообщений',
    lastSeen: (relative) => `последнее ${relative}`,
    dedupKey: 'Ключ дедупликации',
    origin: 'Откуда',
    openMessage: 'Открыть сообщение',
    previous: 'Предыдущий инцидент',
    duplicateOf: 'Дубликат инцидента',
    duplicates: 'Дубликаты',
    similar: 'Похожие открытые инциденты',
    sameAsset: 'тот же номер',
    markAsDuplicate: (id) => `Отметить как дубликат #${id}`,
    history: 'История',
    more: 'Показать ещё',
    actionsLabel: 'Действия',
    copyLink: 'Скопировать ссылку',
    copied: 'Ссылка скопирована.',
    notUrgent: 'Не срочный',
  },
  forms: {
    append: 'Добавить к описанию',
    appendPlaceholder: 'Что нового?',
    send: 'Отправить',
    sending: 'Отправляем…',
    sendHint: 'Ctrl+Enter',
    report: 'Новый инцидент',
    description: 'Что сломалось?',
    source: 'Источник',
    urgent: 'Срочный: требует внимания раньше других',
    handOver: (id) => `Передать #${id}`,
    person: 'Кому?',
    duplicate: (id) => `#${id} — дубликат инцидента`,
    original: 'Номер исходного инцидента',
    duplicateHint: 'Дубликат закроется, а его сообщения засчитаются исходному инциденту.',
    confirm: 'Готово',
    earlierSent: 'Прежний вариант этого текста уже отправлен. Отправьте ещё раз, чтобы отправить нынешний.',
  },
  outcome: {
    done: (id, kind) => `#${id}: ${done[kind]}`,
    reported: (id) => `Инцидент #${id} создан`,
    refused: (id, reason) => `#${id} не изменён. ${reason}`,
    meanwhile: (id, what) => `#${id} не изменён. За это время: ${what}`,
    doItAnyway: (action) => `${action} всё равно`,
    illegal: 'Его статус этого не позволяет.',
    many: (count, kind) => `${counted(count, 'инцидент', 'инцидента', 'инцидентов')}: ${done[kind]}`,
    someRefused: (count) => `Не изменены ${counted(count, 'инцидент', 'инцидента', 'инцидентов')}:`,
    undone: (id) => `#${id}: отменено`,
    nothingToUndo: 'Отменять нечего.',
  },
  drafts: {
    dropped: 'Неотправленных текстов слишком много: самый старый удалён.',
    'not-stored': 'Этот браузер не хранит набранный текст: он пропадёт, если уйти со страницы.',
  },
  alerts: {
    title: 'Когда инцидент не взят вовремя',
    sound: 'Звук',
    notification: 'Уведомление',
    waiting: (count) => `Не взяты вовремя: ${counted(count, 'инцидент', 'инцидента', 'инцидентов')}`,
  },
  help: {
    title: 'Клавиши',
    incidents: 'Инциденты',
    list: 'Список',
    general: 'Общее',
    submit: 'Отправить форму',
  },
  event(event) {
    const { actor, assignee, duplicate_of: original, duplicate_id: duplicate } = event;
    switch (event.type) {
      case 'reported':
        return event.urgent ? 'сообщение, срочное' : 'сообщение';
      case 'status_changed':
        if (assignee !== undefined) return assignee === actor ? 'взят в работу' : `передан: ${assignee}`;
        if (event.to === 'IN_PROGRESS')
          return event.from === 'RESOLVED' ? 'возвращён в работу' : 'переведён в работу';
        return event.to === 'RESOLVED' ? 'решён' : 'закрыт';
      case 'description_appended':
        return 'дополнение';
      case 'duplicate_reported':
        return 'повторное сообщение';
      case 'reopened':
        return 'повторное сообщение, возвращён в работу';
      case 'assigned':
        return assignee === actor ? 'взят в работу' : `передан: ${assignee}`;
      case 'unassigned':
        return 'исполнитель снят';
      case 'urgency_changed':
        return event.urgent ? 'отмечен как срочный' : 'больше не срочный';
      case 'marked_as_duplicate':
        return `отмечен как дубликат #${original}`;
      case 'duplicate_linked':
        return `присоединён дубликат #${duplicate}`;
      case 'reminded':
        return event.purpose === 'take'
          ? `напоминание ${event.reminder_number}: никто не взял`
          : `напоминание ${event.reminder_number}: давно без изменений`;
      case 'escalated':
        return `эскалация, напоминание ${event.reminder_number}: никто не взял`;
    }
  },
};
