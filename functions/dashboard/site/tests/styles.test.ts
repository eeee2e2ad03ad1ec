import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('gives a class of one page to no other page: styles stay loaded when a page is left', () => {
  const pages = new Map<string, Set<string>>()
  for (const path of readdirSync('src/pages', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.css')) continue
    const page = path.split('/')[0] ?? ''
    const styles = readFileSync(`src/pages/${path}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, selectors] of styles.matchAll(/([^{}]+)\{/g)) {
      for (const selector of selectors?.split(',') ?? []) {
        const name = /^\s*\.([\w-]+)/.exec(selector)?.[1]
        if (name) pages.set(name, new Set([...(pages.get(name) ?? []), page]))
      }
    }
  }
  // The kit's own classes may be refined inside of a page by a second class.
  const kit = readFileSync('src/kit/kit.css', 'utf8') + readFileSync('src/styles/base.css', 'utf8')
  const shared = [...pages].filter(([name, where]) => where.size > 1 && !kit.includes(`.${name}`))
  expect(shared.map(([name, where]) => `${name}: ${[...where].join(', ')}`)).toEqual([])
})
