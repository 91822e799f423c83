/* plugin.c: the plugin "actionclip" with its one element. */
#include "element.h"

static gboolean plugin_init(GstPlugin *plugin) { return GST_ELEMENT_REGISTER(actionclip, plugin); }

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, actionclip, "Action recognition by words",
                  plugin_init, VERSION, "MIT/X11", PACKAGE, "https://arxiv.org/abs/2109.08472")
