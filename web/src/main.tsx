import './shell/safe-language.js';
import 'virtual:tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/chart.css';
import './styles/pages.css';
import './styles/uptrend.css';
import './styles/posture.css';
import './styles/majors.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './shell/app.js';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
