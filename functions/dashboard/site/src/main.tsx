import { render } from 'preact'

const root = document.getElementById('ringlake')
if (root) render(<p>Ringlake</p>, root)
