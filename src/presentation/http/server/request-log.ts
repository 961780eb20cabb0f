/** Where the lines of requests go. There is one for each request, and Nest's Logger takes as long as the rest of a line (ADR 27). */
export abstract class RequestLog {
  abstract info(line: object): void;
  abstract debug(line: object): void;
}
