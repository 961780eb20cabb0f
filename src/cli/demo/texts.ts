import { alertText } from '../../presentation/channels/alertmanager/alert-text.js';
import { wholeText } from '../../presentation/channels/report-text.js';
import type { Random } from './random.js';

/** One thing that breaks, and what people write about it. */
export interface Fault {
  /** The text of a report. */
  readonly report: (random: Random) => string;
  /** What is appended while somebody works on it. */
  readonly progress: readonly string[];
  /** What is appended when it is repaired. */
  readonly done: readonly string[];
  /** The probability that it is urgent. */
  readonly urgent?: number;
}

const STATIONS = [
  'метро «Павелецкая»',
  'метро «Чистые пруды»',
  'парка Горького',
  'Даниловского рынка',
  'МЦК «Лужники»',
  'ТЦ «Авиапарк»',
  'Патриарших прудов',
  'ВДНХ, у арки',
];
const STREETS = ['Лесной, 20', 'Большой Ордынке, 41', 'Тверской, 9', 'Мясницкой, 24', 'Пятницкой, 3'];
const SHOPS = ['Покровка', 'Белорусская', 'Цветной', 'Арбат', 'Таганка'];
const CAFES = ['Camden', 'Shoreditch', 'Soho', 'Greenwich', 'Notting Hill', 'Borough Market'];

const scooter = (random: Random) => `№ ${random.integer(1_001, 1_480)}`;

/** Reported by riders' support and mechanics in a chat, in Russian. */
export const SCOOTER_FAULTS: readonly Fault[] = [
  {
    report: (random) =>
      `Самокат ${scooter(random)} у ${random.pick(STATIONS)} не заводится: экран горит, газ не работает`,
    progress: ['Ручка газа залипла, везу на склад', 'Сбросил контроллер, проверяю'],
    done: ['Заменил ручку газа, самокат в строю', 'После перезапуска едет'],
  },
  {
    report: (random) =>
      `Спущено заднее колесо, самокат ${scooter(random)}, стоит возле ${random.pick(STATIONS)}`,
    progress: ['Еду с запасным колесом, буду через 20 минут'],
    done: ['Колесо заменили', 'Увезли на склад, вместо него поставили другой'],
  },
  {
    report: (random) =>
      `Самокат ${scooter(random)} лежит на проезжей части на ${random.pick(STREETS)}, мешает автобусам`,
    progress: ['Ближайший скаут в пути'],
    done: ['Убрали на парковку'],
    urgent: 0.8,
  },
  {
    report: (random) =>
      `Клиент не может завершить поездку у ${random.pick(STATIONS)}: приложение пишет «вне зоны парковки», хотя парковка есть на карте\nТелефон клиента в обращении`,
    progress: ['Завершили поездку вручную, смотрим границы зоны', 'Похоже на вчерашнюю правку карты'],
    done: ['Границу зоны поправили', 'Деньги за лишние минуты вернули'],
  },
  {
    report: (random) => `От самоката ${scooter(random)} идёт дым, ${random.pick(STATIONS)}!!! Люди рядом`,
    progress: ['Вызвали пожарных, отгоняем людей', 'Батарею отключили удалённо'],
    done: ['Потушили, никто не пострадал. Батарея из партии 2025-04, всю партию снимаем'],
    urgent: 1,
  },
  {
    report: (random) =>
      `Не открывается замок батарейного отсека, ${random.integer(2, 4)} самоката подряд на ${random.pick(STREETS)}`,
    progress: ['Ключи новые, но замки прошлой серии'],
    done: ['Привезли старые ключи, батареи поменяли'],
  },
  {
    report: (random) => `Парковка у ${random.pick(STATIONS)} пустая, а в приложении на ней 14 самокатов`,
    progress: ['Сверяю по GPS'],
    done: ['Самокаты стояли во дворе за 80 метров, вернули на место'],
  },
  {
    report: (random) => `Тормоз на ${scooter(random)} не держит, клиент пожаловался в поддержку`,
    progress: ['Снял с аренды, мастер заберёт вечером'],
    done: ['Тормоз отрегулировали'],
    urgent: 0.5,
  },
];

/** Reported by shop assistants in a chat, in Russian and English. */
export const SHOP_FAULTS: readonly Fault[] = [
  {
    report: (random) =>
      `Касса ${random.integer(1, 4)}, ${random.pick(SHOPS)}: не печатает чеки, мигает красным`,
    progress: ['Попросил перезагрузить фискальный регистратор'],
    done: ['Закончилась лента, поменяли', 'Заменили регистратор, чеки допечатались'],
  },
  {
    report: (random) => `${random.pick(SHOPS)}: терминал не принимает карты, очередь 10 человек`,
    progress: ['Банк подтвердил сбой, обещают 15 минут', 'Перевели на резервный терминал'],
    done: ['Оплата картами снова работает'],
    urgent: 0.7,
  },
  {
    report: (random) => `Till ${random.integer(1, 3)} at ${random.pick(CAFES)} prints every receipt twice`,
    progress: ['Asked them to send a photo of the printer settings'],
    done: ['Second copy was switched on after the update, switched off again'],
  },
  {
    report: (random) =>
      `Card terminal at ${random.pick(CAFES)} says "No connection". Cash only for the last half hour`,
    progress: [
      'Router restarted, waiting for the terminal',
      'SIM in the terminal is dead, courier is on the way',
    ],
    done: ['New SIM works', 'Back online after the provider fixed the line'],
    urgent: 0.6,
  },
  {
    report: (random) =>
      `Barcode scanner at ${random.pick(CAFES)} reads every item as "Oat flat white", even the sandwiches`,
    progress: ['Reproduced with the menu of this week'],
    done: ['Menu import had one code for everything, imported again'],
  },
  {
    report: (random) => `Tablet for orders at ${random.pick(CAFES)} will not charge, 12 % left`,
    progress: ['Sending a spare one with the evening delivery'],
    done: ['Spare tablet is set up'],
  },
  {
    report: (random) =>
      `Менеджер смены, ${random.pick(SHOPS)}: в кассе старые цены, хотя акция началась в 9:00`,
    progress: ['Выгрузка цен застряла, запустил вручную'],
    done: ['Цены обновились во всех магазинах'],
  },
];

/** Reported in the console by the people who answer for reports. */
export const REPORT_FAULTS: readonly Fault[] = [
  {
    report: (random) =>
      `Отчёт «Выручка за сутки» не сходится с кассами на ${random.integer(11, 96)} 400 ₽\nПроверили: ${random.pick(SHOPS)}, ${random.pick(SHOPS)}`,
    progress: ['Два возврата попали в другой день: касса закрыла смену после полуночи'],
    done: ['Пересчитали за неделю, теперь сходится'],
  },
  {
    report: () => 'The report "Rides per day" is empty since this morning',
    progress: ["The export finished, but with yesterday's schema: https://example.com/runs/8123"],
    done: ['Ran the export again, the report is complete'],
  },
  {
    report: () =>
      'Monthly report for the city: parking violations are counted twice for scooters that change zones',
    progress: ['Confirmed with two examples', 'Query joins zones by time, will use the first one only'],
    done: ['Corrected, sent the new version to the city'],
  },
  {
    report: (random) => `Рассылка отчётов партнёрам не ушла, писем в очереди: ${random.integer(3, 40)}`,
    progress: ['Почтовый сервер отвечает 421, снизил скорость'],
    done: ['Все письма доставлены'],
  },
];

/** Sent through Kafka by the system of a payment partner. */
export const PARTNER_FAULTS: readonly Fault[] = [
  {
    report: (random) =>
      `Acquirer declines ${random.integer(18, 64)} % of payments from ${random.pick(CAFES)} with code 91 (issuer unavailable)`,
    progress: ['Acquirer confirms an outage at one issuer'],
    done: ['Decline rate is back to normal'],
    urgent: 0.3,
  },
  {
    report: (random) => `Refunds are late: ${random.integer(20, 300)} refunds wait for more than 24 hours`,
    progress: ['Their batch of Sunday failed, they run it again tonight'],
    done: ['All refunds are processed'],
  },
  {
    report: (random) =>
      `Сверка за вчера: есть у банка, но нет у нас — операций: ${random.integer(2, 30)} (${random.pick(SHOPS)})`,
    progress: ['Операции прошли в минуту переключения канала, ищу в журнале'],
    done: ['Операции загружены, сверка сошлась'],
  },
];

/** Where a scooter was last seen, and with how much charge, in percent. */
export interface LastPosition {
  readonly place: string;
  readonly charge: number;
}

export const lastPosition = (random: Random): LastPosition => ({
  place: random.pick(STATIONS),
  charge: random.integer(4, 78),
});

/**
 * What monitoring of scooters reports.
 * @param n how often it has reported this scooter before: it does so every 15 minutes.
 */
export const offlineText = (scooterNumber: number, { place, charge }: LastPosition, n: number): string =>
  `Самокат № ${scooterNumber} не на связи ${15 * (n + 1)} минут\nПоследняя точка: у ${place}, заряд ${charge} %`;

/** A rule of the monitoring system, and what it watches. */
export interface AlertRule {
  readonly name: string;
  readonly instances: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly severity: string;
}

/** The rules of the monitoring system. */
export const ALERT_RULES: readonly AlertRule[] = [
  {
    name: 'PaymentLatencyHigh',
    instances: ['payments-1', 'payments-2'],
    summary: 'Payments take longer than 2 s',
    description: 'The 95th percentile of the last 10 minutes is above its limit.',
    severity: 'critical',
  },
  {
    name: 'DiskWillFillSoon',
    instances: ['reports-db', 'telemetry-3', 'telemetry-4'],
    summary: 'The disk will be full within 4 hours',
    description: 'At the rate of the last hour.',
    severity: 'warning',
  },
  {
    name: 'ReportJobFailed',
    instances: ['revenue-daily', 'rides-daily', 'city-monthly'],
    summary: 'A report was not produced',
    description: 'The last run ended with an error; the next one is scheduled for the full hour.',
    severity: 'warning',
  },
  {
    name: 'TelemetryLagging',
    instances: ['ingest-msk', 'ingest-lon'],
    summary: 'Телеметрия самокатов отстаёт больше чем на 5 минут',
    description: 'Карта показывает устаревшие положения.',
    severity: 'critical',
  },
];

/** The text of an incident of an alert, as the service writes it. */
export function textOfAlert({ name, summary, description, severity }: AlertRule, instance: string): string {
  return wholeText(
    alertText({ alertname: name, instance, severity }, { summary, description }, [
      ['Runbook', `https://example.com/runbooks/${name}`],
    ]),
  );
}
