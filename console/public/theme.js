// Before anything is painted: the appearance that was chosen on this device last (ui/src/theme.ts keeps it).
try {
  const theme = localStorage.getItem("aftercare.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the page looks as the system does.
}
