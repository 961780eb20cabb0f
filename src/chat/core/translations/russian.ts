import type { Action } from '../actions/actions.js';
import type { Status } from '../api/incident.js';

const status: Record<Status, string> = {
  NEW: 'новый',
  IN_PROGRESS: 'в работе',
  RESOLVED: 'решён',
  CLOSED: 'закрыт',
};
const infinitive = {
  take: 'Взять',
  resolve: 'Решить',
  close: 'Закрыть',
  reopen: 'Вернуть в работу',
  release: 'Отпустить',
};

/** Within which times half of the incidents, and 90 % of them, were dealt with; undefined where they were not yet. */
const within = (half: string | undefined, most: string | undefined) =>
  [
    half === undefined ? 'половина — ещё нет' : `половина за ${half}`,
    most === undefined ? '90 % — ещё нет' : `90 % за ${most}`,
  ].join(', ');

const PLURAL = new Intl.PluralRules('ru');

/** The forms of units after a number that ends with 1, with 2 to 4, and with others, where a period is counted. */
const UNITS: Readonly<Record<string, readonly [one: string, few: string, many: string]>> = {
  s: ['секунду', 'секунды', 'секунд'],
  m: ['минуту', 'минуты', 'минут'],
  h: ['час', 'часа', 'часов'],
  d: ['день', 'дня', 'дней'],
};

/** How often, for a duration such as `15m`. */
function onceIn(duration: string): string {
  const count = Number.parseInt(duration, 10);
  const [one, few, many] = UNITS[duration.at(-1)!]!;
  const category = PLURAL.select(count);
  const unit = category === 'one' ? one : category === 'few' ? few : many;
  return count === 1 ? `раз в ${unit}` : `раз в ${count} ${unit}`;
}

const reminders = (count: number) =>
  `${count} ${PLURAL.select(count) === 'one' ? 'напоминания' : 'напоминаний'}`;

/** The texts of the bot in Russian. They declare which texts there are: a language that lacks one does not compile. */
export const ru = {
  status,
  button: {
    take: 'Взять',
    resolve: 'Решено',
    close: 'Закрыть',
    reopen: 'Вернуть в работу',
    release: 'Отпустить',
  },
  units: { day: 'д', hour: 'ч', minute: 'мин', second: 'с' },
  source: { operator: 'оператор', monitoring: 'мониторинг', partner: 'партнёр' },
  reportedBy: (source: string, at: string) => `Источник: ${source}, ${at}`,
  changedBy: (name: string) => `Изменил(а): ${name}`,
  urgent: 'срочный',
  noLongerUrgent: 'Больше не срочный.',
  assignedTo: (name: string, takenAt: string | undefined) =>
    takenAt === undefined ? `Исполнитель: ${name}` : `Исполнитель: ${name}, взят ${takenAt}`,
  duplicateOf: (original: number) => `Дубликат инцидента #${original}`,
  /** An incident that may have the same cause, as a line of a list. */
  similar: (line: string) => `Похожий: ${line}`,
  sameAs: (original: number) => `То же, что #${original}?`,
  /** The description of a message without a text. */
  content: {
    venue: 'Место',
    location: 'Координаты',
    contact: 'Контакт',
    poll: 'Опрос',
    checklist: 'Список',
    dice: 'Кубик',
    sticker: 'Стикер',
    voice: 'Голосовое сообщение',
    video_note: 'Видеосообщение',
    audio: 'Аудио без подписи',
    animation: 'GIF без подписи',
    document: 'Файл без подписи',
    video: 'Видео без подписи',
    live_photo: 'Живое фото без подписи',
    paid_media: 'Платные медиа без подписи',
    photo: 'Фото без подписи',
    story: 'История',
    game: 'Игра',
    invoice: 'Счёт',
    rich_message: 'Сообщение с форматированием',
  },
  files: {
    /** A file without a text was sent about an incident. */
    attached: 'Файл приложен.',
    /** A report is a file without a text. */
    describe: 'Что случилось? Опишите в ответе на это сообщение.',
    rejected: (name: string, reason: string) => `Файл «${name}» не сохранён: ${reason}.`,
    reasons: {
      too_large: 'он больше 20 МБ',
      proxy_limit: 'прокси перед API не пропускает файлы такого размера',
      unavailable: 'Telegram его не отдаёт',
      unreadable: 'изображение повреждено или слишком большое',
      too_many: 'у инцидента уже 100 файлов',
      daily_limit: 'на сегодня исчерпан лимит файлов',
      failed: 'у нас произошёл сбой, пришлите его ещё раз в ответе',
    },
  },
  forwardedFrom: (name: string) => `Переслано от ${name}:`,
  /** The API failed on an update, which is quarantined. */
  quarantined:
    'По этому сообщению инцидента нет: у нас произошёл сбой. Сообщение в карантине, администратор сможет его повторить.',
  /** A report is published to Kafka, and has no number yet. */
  accepted: 'Принято. Номер появится здесь.',
  /** The same, combined with others. */
  acceptedLine: (description: string) => `Принято: ${description}`,
  /** The button that asks for its number. */
  number: 'Номер',
  noNumberYet: 'Номера пока нет.',
  numberOverdue:
    'Принято шесть часов назад, но номера всё ещё нет. Сообщение задержалось или попало в карантин: спросите администратора.',
  appended: 'Добавлено к описанию.',
  editAppended: 'Сообщение изменено: новый текст добавлен к описанию.',
  /** A reply to a report that has no number yet. */
  replyTooEarly: 'Номера пока нет, поэтому ничего не изменилось. Ответьте ещё раз, когда он появится.',
  /** An edit of a message that may be a report without a number. */
  editTooEarly:
    'Правка не добавлена: у сообщения ещё нет номера. Когда он появится, ответьте тем, что нужно добавить; если сообщение не принято, отправьте его снова.',
  /** An edit of a message that was no report, into a text that is none. */
  editIgnored: 'Правка ничего не меняет. Отправьте то, что нужно, новым сообщением.',
  list: (filter: Status | undefined, shown: number, total: string) =>
    `Инциденты${filter ? ` (${status[filter]})` : ', которые не закрыты'}: ${shown} из ${total}, сначала новые.`,
  emptyList: 'Таких инцидентов нет.',
  /** How a setting of the chat is; null is off. */
  settings: {
    remind: (every: string | null) =>
      every === null
        ? 'Об инцидентах, которые никто не взял, бот не напоминает.'
        : `Пока инцидент никто не взял, бот напоминает о нём ${onceIn(every)}.`,
    quiet: (hours: string | null) =>
      hours === null
        ? 'Тихих часов нет: бот напоминает в любое время.'
        : `Тихие часы: ${hours}. В это время бот напоминает только о срочных инцидентах.`,
    duty: (name: string | null, after: number | null, isReminded: boolean) => {
      if (name === null) return 'Дежурный не назначен.';
      if (!isReminded)
        return `Дежурит ${name}, но напоминания выключены, и звать его бот не будет: /remind 15m`;
      if (after === null) return `Дежурит ${name}, но звать его после напоминаний не задано: /duty ${name}`;
      return `Дежурит ${name}. Если инцидент никто не взял, бот зовёт дежурного после ${reminders(after)}.`;
    },
    digest: (at: string | null) =>
      at === null ? 'Ежедневной сводки нет.' : `Сводка приходит сюда каждый день: ${at}.`,
  },
  /** A summary of the incidents of a chat. */
  digest: {
    title: 'Сводка по инцидентам',
    untaken: (total: string) => `Никто не взял: ${total}`,
    inProgress: (total: string) => `В работе больше суток: ${total}`,
    nothingWaits: 'Ничего не ждёт: всё взято, и ничто не затянулось.',
    more: (count: string) => `…и ещё ${count}`,
    lastDay: (opened: string, resolved: string) => `За сутки новых: ${opened}, из них решено: ${resolved}.`,
    age: {
      m: (count: number) => `${count} мин`,
      h: (count: number) => `${count} ч`,
      d: (count: number) => `${count} дн.`,
    },
  },
  untaken: (shown: number, total: string) =>
    `Никто не взял: ${shown} из ${total}, сначала срочные, затем старые. В конце строки — сколько ждёт.`,
  noneUntaken: 'Все инциденты взяты.',
  mine: (shown: number, total: string) => `В работе у вас: ${shown} из ${total}, сначала срочные.`,
  noneMine: 'У вас нет инцидентов в работе.',
  heartbeats: {
    none: 'Регулярных заданий нет.',
    allWell: 'Все задания в порядке.',
    problems: 'С проблемой:',
    expected: 'Ожидаются:',
    missing: 'нет сигнала',
    failed: 'ошибка,',
  },
  statistics: {
    thisWeek: (monday: string) => `Эта неделя, с ${monday} (UTC)`,
    lastWeek: (monday: string) => `Прошлая неделя, с ${monday}`,
    nothing: 'Новых инцидентов не было.',
    counts: (reported: number, taken: number, resolved: number, open: number) =>
      `Новых: ${reported}, взято: ${taken}, решено: ${resolved}, открыто: ${open}`,
    timeToTake: (half: string | undefined, most: string | undefined) => `Взяты: ${within(half, most)}`,
    timeToResolve: (half: string | undefined, most: string | undefined) => `Решены: ${within(half, most)}`,
    reopened: (count: number, percent: number) => `Возвращены в работу: ${count} (${percent} %)`,
  },
  rejected: {
    notFound: (id: number) => `Инцидента ${id} нет.`,
    illegalAction: (action: Action, current: Status) =>
      `${infinitive[action]} нельзя: инцидент ${status[current]}.`,
    takenBy: (name: string) => `Взять нельзя: в работе у ${name}.`,
    closed: (id: number) => `Инцидент ${id} закрыт: это уже не меняется.`,
    alreadyDuplicate: (id: number, original: number) =>
      `Инцидент ${id} — уже дубликат инцидента ${original}.`,
    descriptionTooLong: 'Не добавлено: описание достигло предела.',
    /** Any other rejection, with the API's reason. */
    other: (reason: string) => `Не принято: ${reason}`,
  },
  noteAppended: 'Текст добавлен к описанию.',
  /** What a chat is told about its incidents. */
  notices: {
    taken: (name: string) => `В работе: ${name}.`,
    released: (name: string) => `${name} больше этим не занимается. Кто возьмёт?`,
    resolved: (name: string) => `Решено. Отметил(а): ${name}.`,
    reopened: (name: string) => `Снова в работе. Вернул(а): ${name}.`,
    closed: (name: string) => `Закрыто. Закрыл(а): ${name}.`,
    duplicate: (original: number) => `Когда решат #${original}, об этом сообщат здесь.`,
    original_resolved: (original: number) => `Решён инцидент #${original}, который повторяет это сообщение.`,
    original_reopened: (original: number) =>
      `Снова в работе инцидент #${original}, который повторяет это сообщение.`,
    reminder: '⏰ Этим никто не занимается.',
    escalation: (onDuty?: string) =>
      onDuty === undefined
        ? '⏰ Этим всё ещё никто не занимается.'
        : `⏰ Этим всё ещё никто не занимается. ${onDuty}, возьмите или поручите кому-нибудь.`,
    question: (name: string) => `${name}, это ещё в работе?`,
    /** Below the lines about incidents that wait. */
    untaken: (more: number) => `⏰ никто не занимается${more > 0 ? `, и ещё ${more} таких` : ''}: /untaken`,
  },
  /** The answer that somebody still works on an incident. */
  stillWorking: { button: 'Ещё в работе', remark: (name: string) => `Ещё в работе: ${name}.` },
  help: `Каждое сообщение здесь становится инцидентом и получает номер.

[monitoring] Самокат #42 не отвечает
Касса 3 не печатает | source=partner
Источники: operator (если не указан), monitoring, partner.

Об инциденте с номером, ответом на сообщение бота или с #42 в начале:
взял, в работе · отпустил · исправлено, готово, решено · закрыто · вернулось, снова
Слова после них и любой другой текст добавляются к описанию.
`,
  /** A line of the help for each command, and what the bot replies to wrong arguments. */
  commands: {
    list: {
      help: '/list [статус] — что не закрыто, или инциденты в этом статусе',
      usage: 'Такого статуса нет. Есть NEW, IN_PROGRESS, RESOLVED, CLOSED: /list NEW',
    },
    show: { help: '/show 42 — один инцидент', usage: 'Нужен номер инцидента: /show 42' },
    update: {
      help: '/update 42 RESOLVED — другой статус: IN_PROGRESS, RESOLVED, CLOSED',
      usage: 'Нужны номер и статус: /update 42 RESOLVED. Статусы: IN_PROGRESS, RESOLVED, CLOSED.',
    },
    untaken: { help: '/untaken — что никто не взял, и сколько оно ждёт', usage: '/untaken' },
    mine: { help: '/mine — что в работе у вас', usage: '/mine' },
    urgent: {
      help: '/urgent 42 — срочный инцидент; /urgent 42 off — больше не срочный',
      usage: 'Нужен номер инцидента: /urgent 42 или /urgent 42 off',
    },
    duplicate: {
      help: '/duplicate 42 17 — инцидент 42 повторяет 17: он закрывается и учитывается там',
      usage: 'Нужны номера двух разных инцидентов: /duplicate 42 17. Закрывается первый.',
    },
    heartbeats: {
      help: '/heartbeats — регулярные задания: каких сигналов нет и когда следующие',
      usage: '/heartbeats',
    },
    stats: { help: '/stats — эта неделя и прошлая в цифрах', usage: '/stats' },
    remind: {
      help: '/remind 15m — как часто напоминать о том, что никто не взял; off — не напоминать',
      usage: 'Нужны число и единица (s, m, h, d): /remind 15m или /remind 2h. Не напоминать: /remind off',
    },
    quiet: {
      help: '/quiet 22:00-08:00 Europe/Moscow — когда не напоминать; off — напоминать всегда',
      usage: 'Нужны два времени и часовой пояс: /quiet 22:00-08:00 Europe/Moscow. Отменить: /quiet off',
    },
    duty: {
      help: '/duty @name — кого звать, если инцидент долго никто не берёт; off — никого',
      usage: 'Нужно имя, до 255 знаков в одной строке: /duty @anna. Никого не звать: /duty off',
    },
    digest: {
      help: '/digest 09:00 Europe/Moscow — сводка каждый день; off — без сводки',
      usage: 'Нужны время и часовой пояс: /digest 09:00 Europe/Moscow. Отменить: /digest off',
    },
    help: { help: '/help — эта справка', usage: '/help' },
  },
  unknownCommand: (command: string) =>
    `Команды /${command} нет. Сообщение об инциденте не начинается с косой черты. Все команды: /help`,
};
