import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** One mutated input: a command line, and the files that it finds in its working directory. */
export interface FuzzInput {
  readonly args: readonly string[]
  /** beside the files of the stock, or in their place; paths relative to the working directory */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** target of each symbolic link, likewise */
  readonly links?: Readonly<Record<string, string>>
  readonly fifos?: readonly string[]
}

/** Fills a working directory: the stock as hard links, then the input's own files. */
export function layOut(folder: string, stock: string, input: FuzzInput): void {
  mkdirSync(folder, { recursive: true })
  // it stays the same directory for processes that are in it
  for (const name of readdirSync(folder))
    rmSync(join(folder, name), { recursive: true, force: true })
  for (const name of readdirSync(stock, { recursive: true, encoding: 'utf8' })) {
    const from = join(stock, name)
    if (statSync(from).isDirectory()) mkdirSync(join(folder, name), { recursive: true })
    else linkAt(from, join(folder, name))
  }
  const place = (name: string) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { recursive: true, force: true })
    return path
  }
  for (const [name, content] of Object.entries(input.files ?? {})) {
    writeFileSync(place(name), content)
  }
  for (const [name, target] of Object.entries(input.links ?? {})) symlinkSync(target, place(name))
  for (const name of input.fifos ?? []) execFileSync('mkfifo', [place(name)])
}

function linkAt(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  linkSync(from, to)
}

/** An input as a seed file holds it; `found`: what it did when it was found, for readers. */
export interface SeedFile {
  readonly found: string
  readonly args: readonly string[]
  readonly files?: Readonly<Record<string, string | { readonly base64: string }>>
  readonly links?: Readonly<Record<string, string>>
  readonly fifos?: readonly string[]
}

/** JSON would keep it, and the file that is written from it could not. */
const LONE_SURROGATE = /\p{Surrogate}/u

export function seedText(input: FuzzInput, found: string): string {
  const files = Object.entries(input.files ?? {}).map(([name, content]) => {
    if (typeof content === 'string' && !LONE_SURROGATE.test(content)) return [name, content]
    return [name, { base64: Buffer.from(content).toString('base64') }]
  })
  const seed = { found, ...input, ...(input.files && { files: Object.fromEntries(files) }) }
  return `${JSON.stringify(seed, null, 2)}\n`
}

export function readSeed(path: string): FuzzInput {
  const { found: _, files = {}, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as SeedFile
  const decoded = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
  ])
  return { ...rest, files: Object.fromEntries(decoded) }
}
