/** A template that does not parse, or that failed while running. The text is worded as Go's text/template words it. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateError';
  }
}

/** What a function answers instead of a value: becomes `error calling NAME: ...`. */
export class CallError extends Error {}
