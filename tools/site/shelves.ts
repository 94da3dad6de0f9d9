import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefaultTheme } from 'vitepress'
import { headingText } from './headings.ts'

/** One group of pages in the sidebar. */
interface Shelf {
  readonly title: string
  /** below docs */
  readonly folder: string
  /** names of pages in their order; pages that are missing here follow by name */
  readonly order: readonly string[]
}

const SHELVES: readonly Shelf[] = [
  { title: 'Tutorial', folder: 'tutorial', order: ['first-answer', 'llm-serving'] },
  {
    title: 'How-to guides',
    folder: 'guides',
    order: [
      ...[
        'install',
        'plan',
        'gate',
        'variants',
        'what-if',
        'own-model',
        'measured-server',
        'evidence',
      ],
      ...['accelerators', 'precision'],
      ...[
        'traffic',
        'objectives',
        'uncertainty',
        'report',
        'blame',
        'sweep',
        'generation-for-vllm',
        'queues',
        'clients',
      ],
      ...['batching', 'generation', 'admission', 'memory', 'comparison', 'noise', 'audit'],
      'library',
    ],
  },
  {
    title: 'Reference',
    folder: 'reference',
    order: [
      ...['scenario', 'accelerator', 'commands', 'metrics', 'exit-codes', 'environment'],
      'glossary',
    ],
  },
  {
    title: 'Explanation',
    folder: 'background',
    order: [
      ...[
        'control-plane',
        'checks',
        'calibration',
        'statistics',
        'fidelity',
        'generation-fidelity',
        'articles',
      ],
      ...['accelerators', 'vllm', 'validation', 'uncertainty', 'plan-study', 'uncertain-plans'],
      ...['gate-study', 'threat-model'],
    ],
  },
  { title: 'Gallery', folder: 'gallery', order: ['index'] },
]

/** Reference pages of documents, such as document-result.md, have a group of their own. */
const DOCUMENT = 'document-'

/** The names of the pages of a shelf that exist, without `.md`. */
function namesOf(docs: string, { folder, order }: Shelf): string[] {
  if (!existsSync(join(docs, folder))) return []
  const names = readdirSync(join(docs, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort()
  return [
    ...order.filter((name) => names.includes(name)),
    ...names.filter((name) => !order.includes(name)),
  ]
}

/** The first heading of a page as plain text. */
export function titleOf(markdown: string): string | null {
  const [, heading] = /^# (.+)$/m.exec(markdown) ?? []
  if (heading === undefined) return null
  return headingText(heading)
}

const linkOf = (folder: string, name: string) => `/${folder}/${name === 'index' ? '' : name}`

/** Texts of a sidebar are HTML. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function item(docs: string, folder: string, name: string): DefaultTheme.SidebarItem {
  const title = titleOf(readFileSync(join(docs, folder, `${name}.md`), 'utf8'))
  return { text: escaped(title ?? name), link: linkOf(folder, name) }
}

/**
 * A group that opens with the pages in it. It links to the first of them, as a group without a
 * link would be a button in a button.
 */
function group(text: string, items: DefaultTheme.SidebarItem[]): DefaultTheme.SidebarItem[] {
  const [first] = items
  return first === undefined ? [] : [{ text, link: first.link!, collapsed: true, items }]
}

/** A group for each shelf that has pages, titled by their first headings. */
export function sidebar(docs: string): DefaultTheme.SidebarItem[] {
  return SHELVES.flatMap((shelf) => {
    const items = (names: readonly string[]) => names.map((name) => item(docs, shelf.folder, name))
    const names = namesOf(docs, shelf)
    const documents = names.filter((name) => name.startsWith(DOCUMENT))
    const others = items(names.filter((name) => !name.startsWith(DOCUMENT)))
    return group(shelf.title, [...others, ...group('Documents', items(documents))])
  })
}

/** A link for each shelf that has pages, to the first of them. */
export function navigation(docs: string): DefaultTheme.NavItem[] {
  return SHELVES.flatMap((shelf) => {
    const [first] = namesOf(docs, shelf)
    if (first === undefined) return []
    const link = linkOf(shelf.folder, first)
    return [{ text: shelf.title, link, activeMatch: `^/${shelf.folder}/` }]
  })
}

/** Pages in the order of the sidebar, without the links of groups. */
function pagesIn(items: readonly DefaultTheme.SidebarItem[]): DefaultTheme.SidebarItem[] {
  return items.flatMap((item) => (item.items === undefined ? [item] : pagesIn(item.items)))
}

type Link = { text: string | undefined; link: string | undefined } | false

/** The links at the foot of a page to the pages before and after it, or false. */
export function neighbours(docs: string, relativePath: string): { prev: Link; next: Link } {
  const pages = pagesIn(sidebar(docs)).map(({ text, link }) => ({ text, link }))
  const current = `/${relativePath.replace(/(index)?\.md$/, '')}`
  const at = pages.findIndex(({ link }) => link === current)
  return { prev: pages[at - 1] ?? false, next: pages[at + 1] ?? false }
}
