// SPDX-License-Identifier: Apache-2.0
/** A line of a shell script, taken apart as far as checks need it. */
export type ShellLine = {
  /** Counts from 1. */
  readonly number: number;
  readonly text: string;
  /** The text less comments, what stands between single quotes, and here-documents. */
  readonly code: string;
  /** It goes on with what an earlier line began: a string, a here-document or a command. */
  readonly isContinued: boolean;
  /** It is the body of a here-document. */
  readonly isData: boolean;
};

/** Reads a script line by line, remembering quotes, here-documents and lines that end in a backslash. */
export function shellLines(text: string): readonly ShellLine[] {
  const state: State = { quote: null, documents: [], isContinued: false };
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((line, index) => {
    const number = index + 1;
    const [document] = state.documents;
    if (document !== undefined && state.quote === null) {
      endDocument(state, document, line);
      return { number, text: line, code: '', isContinued: true, isData: true };
    }
    const isContinued = state.isContinued || state.quote !== null;
    return { number, text: line, code: readCode(state, line), isContinued, isData: false };
  });
}

/** Lines joined with those that go on with them. */
export function logicalLines(lines: readonly ShellLine[]): readonly ShellLine[] {
  const joined: ShellLine[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    if (last === undefined || !line.isContinued) joined.push(line);
    else joined[joined.length - 1] = { ...last, ...joinedTexts(last, line) };
  }
  return joined;
}

const joinedTexts = (first: ShellLine, second: ShellLine): Pick<ShellLine, 'text' | 'code'> => ({
  text: `${first.text}\n${second.text}`,
  code: `${first.code.replace(/\\$/, '')} ${second.code}`,
});

type State = {
  quote: "'" | '"' | null;
  /** Those that begin after this line, in order. */
  documents: readonly HereDocument[];
  isContinued: boolean;
};

type HereDocument = { readonly delimiter: string; readonly stripsTabs: boolean };

function endDocument(state: State, { delimiter, stripsTabs }: HereDocument, line: string): void {
  if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter)
    state.documents = state.documents.slice(1);
}

function readCode(state: State, line: string): string {
  let code = '';
  state.isContinued = false;
  for (let position = 0; position < line.length; position++) {
    const character = line.charAt(position);
    if (state.quote !== "'" && character === '\\') {
      state.isContinued = position === line.length - 1;
      code += line.slice(position, position + 2);
      position++;
    } else if (state.quote === null && startsComment(line, position)) {
      return code;
    } else if (character === state.quote) {
      state.quote = null;
      code += character;
    } else if (state.quote === null && (character === "'" || character === '"')) {
      state.quote = character;
      code += character;
    } else if (state.quote !== "'") {
      if (state.quote === null) noteDocument(state, line, position);
      code += character;
    }
  }
  return code;
}

const startsComment = (line: string, position: number): boolean =>
  line.charAt(position) === '#' && /^$|[\s;&|(]/.test(line.charAt(position - 1));

function noteDocument(state: State, line: string, position: number): void {
  if (!line.startsWith('<<', position) || line.charAt(position - 1) === '<') return;
  const found = /^<<(-?)\s*(["']?)\\?([A-Za-z_]\w*)\2/.exec(line.slice(position));
  if (found === null) return;
  const [, dash, , delimiter = ''] = found;
  state.documents = [...state.documents, { delimiter, stripsTabs: dash === '-' }];
}
