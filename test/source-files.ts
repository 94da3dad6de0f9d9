import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './command-line.ts'

/** One of our TypeScript files, in the form that the source rules need. */
export interface SourceFile {
  /** relative to the root of the repository */
  readonly path: string
  readonly text: string
  /** the text without comments, with strings */
  readonly code: string
  /** its imports in either form: modules as written, our files relative to the root */
  readonly imports: readonly string[]
  readonly isTest: boolean
}

const SKIPPED = new Set(['node_modules', 'dist', 'runs', 'coverage'])

function* pathsBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* pathsBelow(path)
    else yield path
  }
}

/** Every file of the repository, relative to its root. */
export function repositoryFiles(): string[] {
  return [...pathsBelow(ROOT)].map((path) => relative(ROOT, path)).sort()
}

export function sourceFiles(): SourceFile[] {
  return repositoryFiles()
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      const code = withoutComments(text)
      const isTest = /\.(test|test-helper)\.ts$/.test(path) || path.startsWith('test/')
      return { path, text, code, imports: importsOf(path, code), isTest }
    })
}

/** Strings and template literals are matched first, so that comment signs in them are kept. */
const TOKEN =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

export function withoutComments(text: string): string {
  return text.replace(TOKEN, (token) => (token.startsWith('/') ? '' : token))
}

/** Comments and strings; all else is blanked, so that lines keep their numbers. */
export function proseOfSource(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ')
  let end = 0
  let prose = ''
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match
    prose += blank(text.slice(end, match.index)) + token
    end = match.index + token.length
  }
  return prose + blank(text.slice(end))
}

/** Code without the content of its strings; code inside `${…}` stays. */
export function withoutTexts(code: string): string {
  const templates = code.replace(/`(?:\\.|[^`\\])*`/g, (text) =>
    [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => inner).join(' '),
  )
  return templates.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
}

function importsOf(path: string, code: string): string[] {
  const forms = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm
  return [...code.matchAll(forms)].map(([, name]) =>
    name!.startsWith('.') ? join(dirname(path), name!) : name!,
  )
}

/** Groups of files that import one another in a circle, including types. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const reached = (from: string) => {
    const paths = new Set<string>()
    const next = [...(importsOf.get(from) ?? [])]
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (paths.has(path)) continue
      paths.add(path)
      next.push(...(importsOf.get(path) ?? []))
    }
    return paths
  }
  const reaches = new Map(files.map(({ path }) => [path, reached(path)]))
  const circular = files.map(({ path }) => path).filter((path) => reaches.get(path)!.has(path))
  const group = (path: string) =>
    circular.filter((peer) => reaches.get(path)!.has(peer) && reaches.get(peer)!.has(path))
  return circular.map(group).filter(([first], i) => first === circular[i])
}
