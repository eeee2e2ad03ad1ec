import preact from '@preact/preset-vite'
import type { Plugin, ProxyOptions } from 'vite'
import { defineConfig } from 'vitest/config'

// `npm run dev` shows the sources against a running installation: RINGLAKE_API is its public address,
// as `make demo` prints it. Nothing of this is in the built site.
const api = process.env.RINGLAKE_API ?? ''
const { origin, pathname } = new URL(api || 'http://localhost')
const toApi: ProxyOptions = { target: origin, changeOrigin: true, rewrite: (path) => pathname + path }

// The function that serves the built site says where it stands; here it is the root.
const standsAtRoot: Plugin = {
  name: 'stands-at-root',
  apply: 'serve',
  transformIndexHtml: () => [{ tag: 'base', attrs: { href: '/' }, injectTo: 'head-prepend' }],
}

export default defineConfig({
  // Addresses are relative to <base href>, which the server sets to where it stands.
  base: './',
  plugins: [preact(), standsAtRoot],
  build: {
    target: 'es2022',
    sourcemap: false,
    // The policy of the pages allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // The charts are one library, loaded with the first chart.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What pages share comes in two files: each file of its own is one more request and, on a quiet morning,
            // one more cold start. Charts and the parser of numbers come when they are needed.
            { name: 'icons', test: /lucide-preact/ },
            {
              name: 'kit',
              test: /src[\\/](?!words[\\/]..[\\/])|node_modules[\\/](?!echarts|zrender|libphonenumber)/,
              minShareCount: 3,
            },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: api ? { '/v1': toApi, '/config.json': toApi, '/wall': toApi } : undefined,
  },
  test: { include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'] },
})
