/* element.h: the element "actionclip". */
#ifndef ELEMENT_H
#define ELEMENT_H

#include <gst/base/gstbasetransform.h>

#define ACTION_CLIP_TYPE (action_clip_get_type())
G_DECLARE_FINAL_TYPE(ActionClip, action_clip, ACTION, CLIP, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(actionclip)

#endif
