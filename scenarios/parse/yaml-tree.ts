import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  visit,
  type YAMLError,
  YAMLParseError,
  type Node as YamlNode,
} from 'yaml'
import { describeValue } from './describe-value.ts'
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
/** Tokens include signs, spaces, line ends and comments: about five for each value. */
const MAX_TOKENS = 6 * MAX_NODES
const MAX_CHARACTERS = 4_000_000
/** One fault in YAML can cause many others; only the first ones help. */
const MAX_SYNTAX_PROBLEMS = 10

interface YamlTree {
  /** null if the text is not YAML */
  readonly root: Node | null
  readonly problems: readonly PlacedProblem[]
}

/** Creates the place of an offset. */
type YamlOrigin = (line: number, col: number, offset: number) => Place

/** Places of a file: `file:line:col`, ranked after those of the `order` files before it. */
export function fileOrigin(file: string, order: number): YamlOrigin {
  return (line, col, offset) => ({
    label: `${file}:${line}:${col}`,
    rank: fileRank(order, offset),
  })
}

/** Parses one YAML 1.2 document. Duplicate keys are reported, and the rest stays readable. */
export function parseYamlTree(text: string, origin: YamlOrigin): YamlTree {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const at = lines.linePos(Math.min(offset, text.length))
    return origin(Math.max(1, at.line), Math.max(1, at.col), offset)
  }
  const fatal = (reason: string): YamlTree => ({
    root: null,
    problems: [{ place: origin(1, 1, 0), text: reason }],
  })
  if (text.length > MAX_CHARACTERS) {
    const [most, got] = [MAX_CHARACTERS, text.length].map((count) => count.toLocaleString('en-US'))
    return fatal(`expected at most ${most} characters, got ${got}`)
  }
  const doc = composed(text, lines)
  if (typeof doc === 'string') return fatal(doc)
  const wrong = [...doc.errors, ...doc.warnings]
  if (wrong.length > 0) {
    const problems = wrong.slice(0, MAX_SYNTAX_PROBLEMS).map((error) => ({
      place: place(error.pos[0]),
      text: yamlProblem(error, text),
    }))
    return { root: null, problems }
  }
  const converter = new Converter(doc, place)
  const root = converter.node(doc.contents, place(0), 0)
  return { root, problems: converter.problems }
}

/**
 * The first document of a text, with an error if there are more; or why it is too large. Size and
 * depth are checked token by token, before the recursive conversion to a document.
 */
function composed(text: string, lines: LineCounter): Document.Parsed | string {
  // duplicate keys are found by the converter: the library compares each key with all before it
  const options = { prettyErrors: false, resolveKnownTags: false, uniqueKeys: false }
  lines.addNewLine(0)
  try {
    const tokens = tokensOf(text, new Parser(lines.addNewLine))
    let first: Document.Parsed | null = null
    for (const doc of new Composer(options).compose(tokens, true, text.length)) {
      if (first === null) first = doc
      else {
        const [from, to] = doc.range
        first.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', ''))
        break
      }
    }
    return first!
  } catch (error) {
    if (error instanceof TooLarge) return error.message
    throw error
  }
}

class TooLarge extends Error {}

function* tokensOf(text: string, parser: Parser): Generator<CST.Token> {
  let tokens = 0
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      yield token
      // each would become an error with a stack trace
      if (token.type === 'error' && ++errors === MAX_SYNTAX_PROBLEMS) return
    }
    // a map and each of its keys are two levels
    if (parser.stack.length > 2 * MAX_DEPTH) {
      throw new TooLarge(`expected at most ${MAX_DEPTH} levels of nesting, got more`)
    }
    if (++tokens > MAX_TOKENS) throw new TooLarge(TOO_MANY)
  }
  yield* parser.end()
}

const TOO_MANY = `expected a smaller document, got more than ${MAX_NODES} values`

function yamlProblem(error: YAMLError, text: string): string {
  if (error.code === 'MULTIPLE_DOCS') return 'expected one document, got a second one'
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return `expected a value without a YAML tag, got ${text.slice(error.pos[0], error.pos[1])}`
  }
  return `expected valid YAML: ${error.message.split('\n')[0]}`
}

class Converter {
  readonly problems: PlacedProblem[] = []
  readonly #targets: ReadonlyMap<unknown, YamlNode | null>
  readonly #place: (offset: number) => Place
  #nodes = 0
  #isTooLarge = false

  constructor(doc: Document.Parsed, place: (offset: number) => Place) {
    this.#targets = aliasTargets(doc)
    this.#place = place
  }

  /** `around` is the place of a value that is not written at all. */
  node(source: unknown, around: Place, depth: number): Node {
    const range = (source as { range?: readonly number[] } | null)?.range
    const place = range ? this.#place(range[0]!) : around
    // aliases can turn short texts into endless trees
    if (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) return this.#tooLarge(place)
    if (isAlias(source)) {
      const target = this.#targets.get(source)
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

  #entry(entries: Map<string, Entry>, pair: Pair, at: Place, depth: number): void {
    const source = isAlias(pair.key) ? this.#targets.get(pair.key) : pair.key
    const range = (pair.key as { range?: readonly number[] } | null)?.range
    const key = range ? this.#place(range[0]!) : at
    const name = isScalar(source) ? source.value : null
    if (name === null || typeof name === 'object' || name === '__proto__') {
      this.#refuse(key, `expected a key that is text, got ${name === null ? 'none' : name}`)
      return
    }
    const text = String(name)
    if (entries.has(text))
      this.#refuse(key, `expected each key once, got ${describeValue(text)} again`)
    else entries.set(text, { key, node: this.node(pair.value, key, depth + 1) })
  }

  #refuse(place: Place, text: string): Node {
    this.problems.push({ place, text })
    return { kind: 'value', place, value: null }
  }

  /** Reported once: a runaway alias would be reported for each of its values. */
  #tooLarge(place: Place): Node {
    if (!this.#isTooLarge)
      this.#refuse(place, `${TOO_MANY}, or deeper ones than ${MAX_DEPTH} levels`)
    this.#isTooLarge = true
    return { kind: 'value', place, value: null }
  }
}

/** The target of each alias: the last value before it with the anchor. */
function aliasTargets(doc: Document.Parsed): ReadonlyMap<unknown, YamlNode | null> {
  const anchors = new Map<string, YamlNode>()
  const targets = new Map<unknown, YamlNode | null>()
  visit(doc, {
    Node: (_, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source) ?? null)
      else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

function plainScalar(value: unknown): Plain {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return value === null || value === undefined ? null : String(value)
}
