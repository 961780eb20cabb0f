/** An answer that several requests get. A controller returns it in place of the answer, which is then encoded once for all of them. */
export class SharedAnswer<Answer extends object> {
  private encoded: Buffer | undefined;

  constructor(private readonly answer: Answer) {}

  /** The body of the answer. */
  body(encode: (answer: Answer) => Buffer): Buffer {
    return (this.encoded ??= encode(this.answer));
  }
}

/** The answers of a route, by what they are made of: requests that share a read share its answer. */
export class SharedAnswers<Source extends object, Answer extends object> {
  private readonly answers = new WeakMap<Source, SharedAnswer<Answer>>();

  constructor(private readonly build: (source: Source) => Answer) {}

  of(source: Source): SharedAnswer<Answer> {
    let answer = this.answers.get(source);
    if (!answer) {
      answer = new SharedAnswer(this.build(source));
      this.answers.set(source, answer);
    }
    return answer;
  }
}
