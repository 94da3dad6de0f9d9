import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { DARK, LIGHT, type Palette } from '../../reports/charts/theme.ts'
import { markdownOptions } from '../../tools/site/markdown.ts'
import { repositoryAddress } from '../../tools/site/repository.ts'
import { indexedWords, queriedWords } from '../../tools/site/search-words.ts'
import { navigation, neighbours, sidebar } from '../../tools/site/shelves.ts'

const DOCS = fileURLToPath(new URL('..', import.meta.url))
const described = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { description: string; repository: { url: string } }
const repository = repositoryAddress(described.repository.url)

/** The colours of reports as CSS variables; style.css gives them to the theme of VitePress. */
function variables(palette: Palette): string {
  const roles = ['paper', 'ink', 'muted', 'grid', 'simulated', 'measured', 'limit'] as const
  return roles.map((role) => `--${role}:${palette[role]}`).join(';')
}

/** A wave, in the colours of simulated and measured. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="5" stroke-linecap="round"><path d="M3 12c6-9 9-9 13 0s7 9 13 0" stroke="${LIGHT.simulated}"/><path d="M3 24c6-9 9-9 13 0s7 9 13 0" stroke="${LIGHT.measured}"/></svg>`

export default defineConfig({
  lang: 'en',
  title: 'Spillway',
  description: described.description,
  cleanUrls: true,
  srcExclude: ['design/**'],
  head: [
    ['style', {}, `:root{${variables(LIGHT)}}.dark{${variables(DARK)}}`],
    ['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }],
  ],
  transformPageData: ({ frontmatter, relativePath }) => ({
    frontmatter: { ...frontmatter, ...neighbours(DOCS, relativePath) },
  }),
  markdown: markdownOptions(repository),
  themeConfig: {
    nav: navigation(DOCS),
    sidebar: sidebar(DOCS),
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          options: { tokenize: indexedWords },
          searchOptions: { tokenize: queriedWords },
        },
      },
    },
    notFound: {
      title: 'Page not found',
      quote: 'The search at the top finds every page.',
      linkLabel: 'To the first page',
      linkText: 'To the first page',
    },
    ...(repository === null
      ? {}
      : {
          socialLinks: [{ icon: 'github', link: repository }],
          editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
        }),
  },
})
