import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml'
import {
  type Entry,
  fileRank,
  type Node,
  type Place,
  type PlacedProblem,
  type Plain,
} from './located.ts'

const MAX_DEPTH = 50
const MAX_NODES = 50_000
/** The parser recurses: a few thousand open brackets exhaust its stack. */
const TOO_DEEP = 'expected YAML, got too deep a nesting'
const MAX_CHARACTERS = 4_000_000
/** One fault in YAML can draw many after it; only the first ones help. */
const MAX_SYNTAX_PROBLEMS = 10

export interface YamlTree {
  /** null where the text is no YAML at all */
  readonly root: Node | null
  readonly problems: readonly PlacedProblem[]
}

export interface YamlOrigin {
  /** makes the place of an offset */
  readonly place: (line: number, col: number, offset: number) => Place
}

/** Places of a file: `file:line:col`, after those of the `order` files before it. */
export function fileOrigin(file: string, order: number): YamlOrigin {
  return {
    place: (line, col, offset) => ({
      label: `${file}:${line}:${col}`,
      rank: fileRank(order, offset),
    }),
  }
}

/** Parses one YAML 1.2 document. Duplicate keys are problems that leave the rest readable. */
export function parseYamlTree(text: string, origin: YamlOrigin): YamlTree {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const at = lines.linePos(Math.min(offset, text.length))
    return origin.place(Math.max(1, at.line), Math.max(1, at.col), offset)
  }
  const fatal = (reason: string): YamlTree => ({
    root: null,
    problems: [{ place: origin.place(1, 1, 0), text: reason }],
  })
  if (text.length > MAX_CHARACTERS) {
    return fatal(`expected at most ${MAX_CHARACTERS} characters, got ${text.length}`)
  }
  let doc: Document.Parsed
  try {
    doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, resolveKnownTags: false })
  } catch (error) {
    if (error instanceof RangeError) return fatal(TOO_DEEP)
    throw error
  }
  const found = [...doc.errors, ...doc.warnings]
  if (found.some((error) => error.message.includes('call stack'))) return fatal(TOO_DEEP)
  const problems = found.map((error) => ({
    place: place(error.pos[0]),
    text: yamlProblem(error, text),
  }))
  if (found.some((error) => error.code !== 'DUPLICATE_KEY')) {
    return { root: null, problems: problems.slice(0, MAX_SYNTAX_PROBLEMS) }
  }
  const converter = new Converter(doc, place)
  const root = converter.node(doc.contents, place(0), 0)
  return { root, problems: [...problems, ...converter.problems] }
}

function yamlProblem(error: YAMLError, text: string): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:,{}[\]]+/.exec(text.slice(error.pos[0], error.pos[0] + 100))?.[0] ?? ''
    return `expected each key once, got ${JSON.stringify(key)} again`
  }
  if (error.code === 'MULTIPLE_DOCS') return 'expected one document, got a second one'
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return `expected a value without a YAML tag, got ${text.slice(error.pos[0], error.pos[1])}`
  }
  return `expected valid YAML: ${error.message.split('\n')[0]}`
}

class Converter {
  readonly problems: PlacedProblem[] = []
  readonly #doc: Document.Parsed
  readonly #place: (offset: number) => Place
  #nodes = 0

  constructor(doc: Document.Parsed, place: (offset: number) => Place) {
    this.#doc = doc
    this.#place = place
  }

  /** `around` is the place of a value that is not written at all. */
  node(source: unknown, around: Place, depth: number): Node {
    const range = (source as { range?: readonly number[] } | null)?.range
    const place = range ? this.#place(range[0]!) : around
    // Aliases make short texts into endless trees.
    if (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) {
      return this.#refuse(place, 'expected a smaller document, got too many or too deep values')
    }
    if (isAlias(source)) {
      const target = source.resolve(this.#doc)
      if (target) return this.node(target, place, depth + 1)
      return this.#refuse(place, `expected a known anchor, got *${source.source}`)
    }
    if (isSeq(source)) {
      const items = source.items.map((item) => this.node(item, place, depth + 1))
      return { kind: 'list', place, items }
    }
    if (isMap(source)) {
      const entries = new Map<string, Entry>()
      for (const pair of source.items) this.#entry(entries, pair, place, depth)
      return { kind: 'map', place, entries }
    }
    return { kind: 'value', place, value: isScalar(source) ? plainScalar(source.value) : null }
  }

  #entry(
    entries: Map<string, Entry>,
    pair: { key: unknown; value: unknown },
    at: Place,
    d: number,
  ) {
    const source = isAlias(pair.key) ? pair.key.resolve(this.#doc) : pair.key
    const range = (pair.key as { range?: readonly number[] } | null)?.range
    const key = range ? this.#place(range[0]!) : at
    const name = isScalar(source) ? source.value : null
    if (name === null || typeof name === 'object' || name === '__proto__') {
      this.#refuse(key, `expected a key that is text, got ${name === null ? 'none' : name}`)
      return
    }
    // Of two entries with one key the first stands; the parser has reported the second.
    if (entries.has(String(name))) return
    entries.set(String(name), { key, node: this.node(pair.value, key, d + 1) })
  }

  #refuse(place: Place, text: string): Node {
    // One runaway alias would otherwise be reported once for each of its values.
    if (this.problems.length < MAX_SYNTAX_PROBLEMS) this.problems.push({ place, text })
    return { kind: 'value', place, value: null }
  }
}

function plainScalar(value: unknown): Plain {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return value === null || value === undefined ? null : String(value)
}
